// Writes the fuzzers' first inputs: the bytes of every conformance case, the golden messages of the
// wire, some Prometheus text, and some recorded moments. One file per input, in one folder per
// target, named by number.
//
//     fuzz-seeds CASES WIRE-FIXTURES OUTPUT-FOLDER
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/conformance/case_file.hpp"
#include "tests/fuzz/moment_seeds.hpp"

namespace {

using namespace foretide;
using conformance::Case;
using conformance::Step;
namespace fs = std::filesystem;

constexpr std::size_t kSeedMost = 4096;  // what is long is long by repetition, which teaches little

std::string file_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Folder {
 public:
  explicit Folder(const fs::path& path) : path_(path) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  void add(const std::string& bytes) {
    if (bytes.empty() || bytes.size() > kSeedMost) return;
    std::ofstream(path_ / std::to_string(++count_), std::ios::binary) << bytes;
  }
  int count() const { return count_; }

 private:
  fs::path path_;
  int count_ = 0;
};

// What the client or the upstream says in a case, all in one.
std::string said_in(const Case& one, Step::Kind kind) {
  std::string bytes;
  for (const Step& step : one.steps) {
    if (step.kind == kind) bytes += step.bytes;
  }
  return bytes;
}

// What stands behind the first head where that head says that chunks follow.
std::string chunks_in(const std::string& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  const bool chunked = end != std::string::npos && bytes.find("chunked") < end;
  return chunked ? bytes.substr(end + 4) : std::string();
}

std::string bytes_of_hex(const std::string& text) {
  std::string digits, bytes;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string behind_its_size(const std::string& bytes) {
  return std::string{static_cast<char>(bytes.size() >> 8), static_cast<char>(bytes.size() & 255)} +
         bytes;
}

void write_http(const std::vector<Case>& cases, const fs::path& output) {
  Folder scans(output / "head_scan"), requests(output / "request_head"),
      responses(output / "response_head"), bodies(output / "chunked_body");
  for (const Case& one : cases) {
    const std::string request = said_in(one, Step::Kind::kSend);
    const std::string response = said_in(one, Step::Kind::kAnswer);
    scans.add(request);
    for (const char flags : {0, 7, 8 + 2, 8 + 4 + 16}) {
      if (!request.empty()) requests.add(flags + request);
    }
    for (const char flags : {0, 3, 8 + 16 + 32}) {
      if (!response.empty()) responses.add(flags + response);
      for (const std::string& chunks : {chunks_in(request), chunks_in(response)}) {
        if (!chunks.empty()) bodies.add(static_cast<char>(flags * 2) + chunks);
      }
    }
  }
}

void write_tables(const fs::path& fixtures, const fs::path& output) {
  Folder tables(output / "cluster_table");
  std::string all;
  for (const auto& entry : fs::directory_iterator(fixtures)) {
    const std::string message = behind_its_size(bytes_of_hex(file_text(entry.path())));
    tables.add(message);
    all += message;
  }
  tables.add(all);
}

// A selector, and the text that it is looked for in.
void write_metrics(const fs::path& output) {
  Folder texts(output / "metric_text");
  const std::string page =
      "# TYPE m gauge\nm{a=\"0\",b=\"x\\\"\\\\\\ny\"} 3.5\nm{a=\"1\"} 4e2 1700000000000\nm NaN\n"
      "m_total +Inf\n";
  for (const char* selector : {"m", "m_total", "m{a=\"1\"}", "m{a=\"0\",b=\"x\\\"\\\\\\ny\"}"}) {
    texts.add(selector + ("\n" + page));
  }
}

void write_moments(const fs::path& output) {
  Folder moments(output / "moment_codec");
  for (const std::string& chunk : moment_seeds()) moments.add(chunk);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: fuzz-seeds CASES WIRE-FIXTURES OUTPUT-FOLDER\n");
    return 2;
  }
  const auto cases = conformance::parse_cases(file_text(argv[1]), argv[1]);
  if (!cases) {
    std::fprintf(stderr, "fuzz-seeds: %s\n", cases.error().c_str());
    return 1;
  }
  write_http(*cases, argv[3]);
  write_tables(argv[2], argv[3]);
  write_metrics(argv[3]);
  write_moments(argv[3]);
}
