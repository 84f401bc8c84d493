#include "common/settings/asked_signals.hpp"

#include <algorithm>
#include <array>

#include "common/ascii.hpp"
#include "common/settings/durations.hpp"
#include "common/settings/numbers.hpp"

namespace foretide::settings {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kNameMost = 40, kTextMost = 200;
constexpr std::array<std::string_view, 2> kTakes{"mean", "max"};

// What a text has to be, and how that is told.
template <class Fits>
std::optional<std::string> text_that(const Section& signal, std::string_view key, const Fits& fits,
                                     const char* wanted) {
  const auto text = signal.text(key);
  if (!text || (text->size() <= kTextMost && fits(*text))) return text;
  const YamlNode& value = signal.entry(key)->value;
  signal.problems().add(value.at,
                        "'" + std::string(key) + "' is " + shown(value) + ", wants " + wanted);
  return std::nullopt;
}

bool is_name(const std::string& text) {
  const auto fits = [](char c) {
    return (is_letter(c) && lower(c) == c) || is_digit(c) || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= kNameMost && std::all_of(text.begin(), text.end(), fits);
}

std::optional<std::string> name_in(const Section& signal) {
  return text_that(signal, "name", is_name, "a name of a-z, 0-9, - and _, 40 at most");
}

bool is_field(const std::string& text) {
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') &&
         text.find("..") == std::string::npos;
}

bool is_path(const std::string& text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), is_plain_in_url);
}

std::optional<MetricSelector> selector_in(const Section& signal) {
  const auto is_selector = [](const std::string& text) { return !!metric_selector_in(text); };
  const auto text = text_that(signal, "metric", is_selector,
                              "a metric's name, perhaps with labels, such as jobs_waiting or "
                              "'jobs_waiting{queue=\"mail\"}'");
  return text ? metric_selector_in(*text) : std::nullopt;
}

std::optional<HttpUrl> url_in(const Section& signal) {
  const auto text = signal.text("queue");
  if (!text) return std::nullopt;
  const auto url = parse_http_url(*text);
  if (url) return *url;
  signal.problems().add(
      signal.entry("queue")->value.at,
      "'queue' " + url.error() + ", wants a URL such as http://127.0.0.1:9000/depth");
  return std::nullopt;
}

std::string named(const std::string& name) {
  return name.empty() ? "" : ", name " + name;
}

}  // namespace

std::optional<Signal> queue_in(const Section& signal) {
  const auto url = url_in(signal);
  signal.require("per_worker",
                 "write how many items are one worker's worth, such as per_worker: 10");
  const auto per_worker = signal.number("per_worker", {0.001, 1'000'000.0});
  QueueDepth queue;
  queue.name = name_in(signal).value_or("");
  queue.every = signal.duration("every", {1s, 5min}).value_or(queue.every);
  queue.field =
      text_that(signal, "field", is_field, "a path of names such as data.waiting").value_or("");
  if (signal.has("metric")) queue.metric = selector_in(signal);
  if (signal.has("metric") && signal.has("field")) {
    signal.report("field", "'field' is of JSON and 'metric' of Prometheus text, keep one of them");
  }
  if (!url || !per_worker) return std::nullopt;
  queue.url = *url;
  queue.per_worker = *per_worker;
  return queue;
}

std::optional<Signal> metric_in(const Section& signal, const Section& service) {
  const auto selector = selector_in(signal);
  signal.require("below", "write the limit such as below: 5");
  const auto below = signal.number("below", {1e-9, 1e15});
  MetricLimit limit;
  limit.name = name_in(signal).value_or("");
  limit.metric.path =
      text_that(signal, "path", is_path, "a path such as /metrics").value_or(limit.metric.path);
  limit.metric.rate = signal.flag("rate").value_or(false);
  if (signal.choice("take", kTakes) == 1) limit.take = MetricLimit::Take::kMax;
  if (service.has("tls")) {
    signal.report("metric",
                  "'metric' is asked for by plain http, which workers that speak TLS do not hear, "
                  "remove it");
  }
  if (!selector || !below) return std::nullopt;
  limit.metric.selector = *selector;
  limit.below = *below;
  return limit;
}

std::string text_for(const QueueDepth& queue) {
  const std::string what = queue.metric           ? ", metric " + selector_text(*queue.metric)
                           : !queue.field.empty() ? ", field " + queue.field
                                                  : "";
  return "queue http://" + queue.url.server.text() + queue.url.target + what + ", " +
         number_text(queue.per_worker) + " for each worker, every " + duration_text(queue.every) +
         named(queue.name);
}

std::string text_for(const MetricLimit& limit) {
  const bool is_mean = limit.take == MetricLimit::Take::kMean;
  return "metric " + metric_key(limit.metric) + " below " + number_text(limit.below) + ", " +
         (is_mean ? "mean" : "max") + " of the workers" + named(limit.name);
}

}  // namespace foretide::settings
