#include "deploy/cli/demand_trace.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "common/settings/numbers.hpp"

namespace foretide::cli {
namespace {

constexpr std::int64_t kStepSecondsMax = 7 * 24 * 3600;
constexpr std::size_t kRowsMax = 10'000'000;
constexpr double kRequestsMax = 1e15;
constexpr std::int64_t kTimeMax = 1'000'000'000'000;
constexpr std::size_t kLineMax = 1000;

std::optional<std::int64_t> whole_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  std::optional<Error> take(std::string_view line) {
    ++row_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return std::nullopt;
    if (line.starts_with('#')) return take_comment(line);
    const auto comma = line.find(',');
    if (comma == line.npos) return wrong("'t_s,value' is expected, not '" + shown(line) + "'");
    if (!has_header_ && line.starts_with("t_s,")) {
      has_header_ = true;
      return std::nullopt;
    }
    return take_row(line.substr(0, comma), line.substr(comma + 1));
  }

  Error too_long() {
    ++row_;
    return wrong("the line is longer than any row of a trace");
  }

  Result<DemandTrace> finish() {
    if (trace_.requests.empty()) return Error{name_ + ": it has no rows"};
    return std::move(trace_);
  }

 private:
  static std::string shown(std::string_view text) {
    std::string shown(text.substr(0, 40));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return shown;
  }

  Error wrong(const std::string& what) const {
    return Error{name_ + ":" + std::to_string(row_) + ": " + what};
  }

  std::optional<Error> take_comment(std::string_view line) {
    constexpr std::string_view kStep = "step_s=";
    const auto at = line.find(kStep);
    if (at == line.npos || std::string_view("# ,\t").find(line[at - 1]) == line.npos) {
      return std::nullopt;
    }
    std::string_view text = line.substr(at + kStep.size());
    text = text.substr(0, text.find_first_of(" ,\t"));
    const auto step = whole_in(text);
    if (!step || *step < 1 || *step > kStepSecondsMax) {
      return wrong("step_s is a number of whole seconds from 1 to a week's 604800");
    }
    if (trace_.step_seconds != 0) return wrong("step_s was said before");
    trace_.step_seconds = *step;
    return std::nullopt;
  }

  std::optional<Error> take_row(std::string_view time_text, std::string_view value_text) {
    if (trace_.step_seconds == 0) return wrong("no line '# step_s=SECONDS' comes before the rows");
    if (trace_.requests.size() == kRowsMax) return wrong("more than ten million rows");
    const auto time = whole_in(time_text);
    if (!time || *time < 0 || *time > kTimeMax) {
      return wrong("t_s is a number of whole seconds, not '" + shown(time_text) + "'");
    }
    if (trace_.requests.empty()) trace_.begins_at_seconds = *time;
    const auto rows = static_cast<std::int64_t>(trace_.requests.size());
    const std::int64_t expected = trace_.begins_at_seconds + rows * trace_.step_seconds;
    if (*time != expected) {
      return wrong("t_s=" + std::to_string(*time) + " where " + std::to_string(expected) +
                   " is expected: one row for each step of " + std::to_string(trace_.step_seconds) +
                   " s, in order");
    }
    if (value_text == "nan") {
      trace_.requests.emplace_back();
      return std::nullopt;
    }
    const auto value = settings::parse_number(value_text);
    if (!value || *value < 0.0 || *value > kRequestsMax) {
      return wrong("'" + shown(value_text) +
                   "' is no number of requests (0 or more, or nan where nothing is known)");
    }
    trace_.requests.emplace_back(*value);
    return std::nullopt;
  }

  const std::string& name_;
  std::int64_t row_ = 0;
  bool has_header_ = false;
  DemandTrace trace_;
};

}  // namespace

Result<DemandTrace> read_demand_trace(std::istream& in, const std::string& name) {
  Reader reader(name);
  // Line by line, of which none may be longer than any row of this kind.
  std::string line(kLineMax, '\0');
  while (in.getline(line.data(), static_cast<std::streamsize>(line.size()))) {
    const auto size = static_cast<std::size_t>(in.gcount()) - (in.eof() ? 0 : 1);
    if (auto error = reader.take({line.data(), size})) return *error;
  }
  if (!in.eof() && !in.bad()) return reader.too_long();
  if (in.bad()) return Error{name + ": it cannot be read to its end"};
  return reader.finish();
}

Result<DemandTrace> read_demand_trace(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown))
    return Error{path + ": is a folder, not a file"};
  std::ifstream in(path);
  if (!in) return Error{path + ": " + std::strerror(errno)};
  return read_demand_trace(in, path);
}

}  // namespace foretide::cli
