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
// From the first row's beginning to the last one's end: the clock of a simulation goes so far.
constexpr std::int64_t kSpanMax = 9'000'000'000;
constexpr std::size_t kLineMax = 1000;

std::optional<std::int64_t> whole_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string shown(std::string_view text) {
  std::string shown(text.substr(0, 40));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return "'" + shown + "'";
}

class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  std::optional<Error> take(std::string_view line) {
    ++row_;
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (row_ == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    line_ = line;
    if (line.empty()) return std::nullopt;
    if (line.starts_with('#')) return take_comment(line);
    const auto comma = line.find(',');
    if (comma == line.npos) return wrong(line, "'t_s,value' is expected, not " + shown(line));
    if (!has_header_ && line.starts_with("t_s,")) {
      has_header_ = true;
      return std::nullopt;
    }
    return take_row(line.substr(0, comma), line.substr(comma + 1));
  }

  Error too_long() {
    ++row_;
    line_ = {};
    return wrong(line_, "the line is longer than any row of a trace");
  }

  Result<DemandTrace> finish() {
    if (!trace_.requests.empty()) return std::move(trace_);
    if (trace_.step_seconds == 0 && !has_header_) {
      row_ = 1;
      return wrong(line_.substr(0, 0),
                   "no trace: it wants a line '# step_s=60' and then rows 't_s,requests', such as "
                   "'0,120'");
    }
    return wrong(line_.substr(line_.size()),
                 "it ends without a row: write one for each step, such as '0,120'");
  }

 private:
  // `part` is what is wrong of the present line.
  Error wrong(std::string_view part, const std::string& what) const {
    const auto column = part.empty() && line_.empty() ? 1 : part.data() - line_.data() + 1;
    return Error{name_ + ":" + std::to_string(row_) + ":" + std::to_string(column) + ": " + what};
  }

  std::optional<Error> take_comment(std::string_view line) {
    constexpr std::string_view kStep = "step_s=";
    const auto at = line.find(kStep);
    if (at == line.npos || std::string_view("# ,\t").find(line[at - 1]) == line.npos) {
      return std::nullopt;
    }
    const std::string_view whole = line.substr(at), text = whole.substr(kStep.size());
    const auto step = whole_in(text.substr(0, text.find_first_of(" ,\t")));
    if (!step || *step < 1 || *step > kStepSecondsMax) {
      return wrong(whole, "step_s is a number of whole seconds from 1 to a week's 604800");
    }
    if (trace_.step_seconds != 0) return wrong(whole, "step_s was said before");
    trace_.step_seconds = *step;
    return std::nullopt;
  }

  std::optional<Error> take_row(std::string_view time_text, std::string_view value_text) {
    if (trace_.step_seconds == 0) {
      return wrong(time_text, "no line '# step_s=SECONDS' comes before the rows");
    }
    if (trace_.requests.size() == kRowsMax) return wrong(time_text, "more than ten million rows");
    const auto steps = static_cast<std::int64_t>(trace_.requests.size()) + 1;
    if (steps * trace_.step_seconds > kSpanMax) {
      return wrong(time_text,
                   "the trace goes on for more than 9000000000 s (285 years): take a "
                   "smaller step_s, or fewer rows");
    }
    if (auto error = take_time(time_text)) return error;
    return take_value(value_text);
  }

  std::optional<Error> take_time(std::string_view text) {
    const auto time = whole_in(text);
    if (!time || *time < 0 || *time > kTimeMax) {
      return wrong(text, "t_s is a number of whole seconds, not " + shown(text));
    }
    if (trace_.requests.empty()) trace_.begins_at_seconds = *time;
    const auto rows = static_cast<std::int64_t>(trace_.requests.size());
    const std::int64_t step = trace_.step_seconds;
    const std::int64_t expected = trace_.begins_at_seconds + rows * step;
    if (*time == expected) return std::nullopt;
    const std::string said = "t_s=" + std::to_string(*time);
    const std::string wanted = std::to_string(expected) +
                               " is expected: one row for each step of " + std::to_string(step) +
                               " s, in order";
    if (*time == expected - step) return wrong(text, said + " stands twice, " + wanted);
    if (*time < expected - step) return wrong(text, said + " goes back in time, " + wanted);
    return wrong(text,
                 said + " where " + wanted + "; for a step of which nothing is known write nan");
  }

  std::optional<Error> take_value(std::string_view text) {
    if (text == "nan") {
      trace_.requests.emplace_back();
      return std::nullopt;
    }
    const auto value = settings::parse_number(text);
    if (!value || *value < 0.0) {
      return wrong(
          text,
          shown(text) + " is no number of requests (0 or more, or nan where nothing is known)");
    }
    if (*value > kRequestsMax) {
      return wrong(text, shown(text) + " is more requests than a step can have, 1e15 at most");
    }
    trace_.requests.emplace_back(*value);
    return std::nullopt;
  }

  const std::string& name_;
  std::string_view line_;  // the present one, as far as it lives
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
