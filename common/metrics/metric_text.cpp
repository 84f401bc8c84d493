#include "common/metrics/metric_text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/ascii.hpp"

namespace foretide {
namespace {

bool is_name_char(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == ':';
}

// Walks one line. Each step answers nothing, or stands still, where the line is not as it should
// be.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  bool is_over() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool skip_blanks() {
    const auto end = std::min(rest_.find_first_not_of(" \t"), rest_.size());
    rest_.remove_prefix(end);
    return end > 0;
  }

  // Empty: none stands here.
  std::string_view name() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_name_char);
    const auto name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    if (name.empty() || is_digit(name.front())) return {};
    rest_.remove_prefix(name.size());
    return name;
  }

  // "…" with \\, \" and \n in it.
  std::optional<std::string> quoted() {
    if (!take('"')) return std::nullopt;
    std::string value;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return value;
      if (c != '\\') {
        value += c;
        continue;
      }
      if (rest_.empty()) return std::nullopt;
      const char escaped = rest_.front();
      rest_.remove_prefix(1);
      if (escaped != '\\' && escaped != '"' && escaped != 'n') return std::nullopt;
      value += escaped == 'n' ? '\n' : escaped;
    }
    return std::nullopt;
  }

  // {a="b",c="d"}; none at all where no brace stands here.
  std::optional<std::map<std::string, std::string>> labels() {
    std::map<std::string, std::string> labels;
    if (!take('{')) return labels;
    while (true) {
      skip_blanks();
      if (take('}')) return labels;
      const std::string label(name());
      skip_blanks();
      if (label.empty() || label.find(':') != std::string::npos || !take('=')) return std::nullopt;
      skip_blanks();
      auto value = quoted();
      const bool is_new = value && labels.emplace(label, std::move(*value)).second;
      if (!is_new || labels.size() > kMetricLabelsMost) return std::nullopt;
      skip_blanks();
      if (!take(',') && !rest_.starts_with('}')) return std::nullopt;
    }
  }

  std::string_view word() {
    const auto word = rest_.substr(0, rest_.find_first_of(" \t"));
    rest_.remove_prefix(word.size());
    return word;
  }

 private:
  std::string_view rest_;
};

// As Go and C write them: 1e+06, +Inf, NaN.
std::optional<double> number_in(std::string_view word) {
  if (word.starts_with('+')) {
    word.remove_prefix(1);
    if (word.starts_with('-')) return std::nullopt;
  }
  double value = 0.0;
  const char* const end = word.data() + word.size();
  const auto [parsed, problem] = std::from_chars(word.data(), end, value);
  if (problem != std::errc{} || parsed != end) return std::nullopt;
  return value;
}

bool is_whole(std::string_view word) {
  if (word.starts_with('-')) word.remove_prefix(1);
  return !word.empty() && word.size() <= 19 && std::all_of(word.begin(), word.end(), is_digit);
}

struct Series {
  std::map<std::string, std::string> labels;
  double value = 0.0;
};

// What stands behind the name: labels, a value, and perhaps the time of it.
std::optional<Series> series_in(Line line) {
  line.skip_blanks();
  auto labels = line.labels();
  if (!labels) return std::nullopt;
  line.skip_blanks();
  const auto value = number_in(line.word());
  if (!value) return std::nullopt;
  if (line.skip_blanks() && !line.is_over() && !is_whole(line.word())) return std::nullopt;
  line.skip_blanks();
  if (!line.is_over()) return std::nullopt;
  return Series{std::move(*labels), *value};
}

bool is_of(const MetricSelector& selector, const Series& series) {
  return std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& wanted) {
    const auto found = series.labels.find(wanted.first);
    return found != series.labels.end() && found->second == wanted.second;
  });
}

std::string escaped(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c == '\n' ? "\\n" : std::string(1, c);
  }
  return text;
}

}  // namespace

std::optional<MetricSelector> metric_selector_in(std::string_view text) {
  Line line(text);
  const std::string name(line.name());
  auto labels = line.labels();
  if (name.empty() || !labels || !line.is_over()) return std::nullopt;
  return MetricSelector{name, std::move(*labels)};
}

std::string selector_text(const MetricSelector& selector) {
  std::string labels;
  for (const auto& [label, value] : selector.labels) {
    labels += (labels.empty() ? "" : ",") + label + "=\"" + escaped(value) + "\"";
  }
  return labels.empty() ? selector.name : selector.name + "{" + labels + "}";
}

Result<std::vector<std::optional<double>>> metric_sums_in(std::string_view text,
                                                          std::span<const MetricSelector> wanted) {
  std::vector<std::optional<double>> sums(wanted.size());
  for (int number = 1; !text.empty(); ++number) {
    std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), whole.size() + 1));
    if (whole.ends_with('\r')) whole.remove_suffix(1);
    Line line(whole);
    line.skip_blanks();
    const std::string_view name = line.name();
    const auto is_named = [&](const MetricSelector& selector) { return selector.name == name; };
    if (name.empty() || std::none_of(wanted.begin(), wanted.end(), is_named)) continue;
    const auto series = series_in(line);
    if (!series) {
      return Error{"line " + std::to_string(number) + ", of " + std::string(name) +
                   ", is not as Prometheus text should be"};
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!is_named(wanted[i]) || !is_of(wanted[i], *series)) continue;
      sums[i] = sums[i].value_or(0.0) + series->value;
    }
  }
  return sums;
}

}  // namespace foretide
