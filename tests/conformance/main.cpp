// conformance: holds a proxy to the cases in cases.txt.
//
//     conformance --cases FILE --balancer build/bin/foretide-balancer
//     conformance --cases FILE --proxy HOST:PORT --upstream-port PORT
//
// The first starts our own balancer and must see every case pass. The second takes any proxy that
// sends everything to 127.0.0.1:PORT and prints how it did, section by section; the cases marked
// [choice], in which the RFC leaves room and the file says what Foretide does, are counted apart.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "tests/conformance/balancer_process.hpp"
#include "tests/conformance/case_file.hpp"
#include "tests/conformance/play.hpp"
#include "tests/conformance/stage.hpp"

namespace {

using namespace foretide;
using namespace foretide::conformance;

struct Options {
  std::string cases, balancer, proxy, only, has;
  std::uint16_t upstream_port = 0;
  std::uint32_t patience_ms = 10000;
};

struct Score {
  int passed = 0, played = 0;
  void add(bool well) {
    ++played;
    passed += well ? 1 : 0;
  }
};

struct Scores {
  std::map<std::string, Score> sections;
  Score requests, responses, choices;
  int skipped = 0;
};

Result<std::vector<Case>> read_cases(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{path + ": cannot be read"};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_cases(text, path);
}

void play_one(const Case& one, Stage& stage, Scores& scores) {
  const std::string trouble = Play(one, stage).run();
  const bool well = trouble.empty();
  if (!well) {
    std::printf("%s  %s  %s%s\n      %s\n", one.is_choice ? "differs" : "FAILED",
                one.section.c_str(), one.name.c_str(), one.is_choice ? " [choice]" : "",
                trouble.c_str());
  }
  if (one.is_choice) return scores.choices.add(well);
  scores.sections[one.section].add(well);
  (one.is_response_case() ? scores.responses : scores.requests).add(well);
}

Scores play_all(const std::vector<Case>& cases, Stage& stage, const Options& options) {
  Scores scores;
  for (const Case& one : cases) {
    if (!options.only.empty() && one.name.find(options.only) == std::string::npos) continue;
    const bool lacks = !one.needs.empty() && options.has.find(one.needs) == std::string::npos;
    if (lacks) {
      ++scores.skipped;
    } else {
      play_one(one, stage, scores);
    }
  }
  return scores;
}

void print(const Scores& scores) {
  std::printf("\nsection     passed\n");
  for (const auto& [section, score] : scores.sections) {
    std::printf("%-11s %3d of %3d\n", section.c_str(), score.passed, score.played);
  }
  const auto line = [](const char* what, const Score& score) {
    const double share = score.played == 0 ? 100.0 : 100.0 * score.passed / score.played;
    std::printf("%-22s %3d of %3d (%.1f %%)\n", what, score.passed, score.played, share);
  };
  Score all{scores.requests.passed + scores.responses.passed,
            scores.requests.played + scores.responses.played};
  std::printf("\n");
  line("request cases", scores.requests);
  line("response cases", scores.responses);
  line("all", all);
  line("choices of Foretide's", scores.choices);
  if (scores.skipped > 0)
    std::printf("%d cases need a feature that --has does not name\n", scores.skipped);
}

int run(const Options& options) {
  const auto cases = read_cases(options.cases);
  if (!cases) {
    std::fprintf(stderr, "conformance: %s\n", cases.error().c_str());
    return 2;
  }
  Stage stage(options.upstream_port, std::chrono::milliseconds(options.patience_ms));
  std::optional<BalancerProcess> own;
  if (options.proxy.empty()) {
    const bool half_close = options.has.find("half-close") != std::string::npos;
    own.emplace(options.balancer, stage.upstream_port(), half_close ? "serve" : "gone");
    stage.proxy_is("127.0.0.1", own->port());
  } else {
    const auto address = parse_address(options.proxy);
    if (!address) {
      std::fprintf(stderr, "conformance: --proxy: '%s' is not HOST:PORT\n", options.proxy.c_str());
      return 2;
    }
    stage.proxy_is(address->host, address->port);
  }
  const Scores scores = play_all(*cases, stage, options);
  print(scores);
  if (own && own->has_ended()) {
    std::printf("the balancer ended in the midst of it\n");
    return 1;
  }
  const auto whole = [](const Score& score) { return score.passed == score.played; };
  const bool well = whole(scores.requests) && whole(scores.responses);
  const bool played = scores.requests.played + scores.responses.played + scores.choices.played > 0;
  return well && played && (!own || whole(scores.choices)) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Holds an HTTP/1.1 proxy to RFC 9110 and 9112", "conformance"};
  Options options;
  app.add_option("--cases", options.cases, "the file of cases")->required();
  auto* const balancer =
      app.add_option("--balancer", options.balancer, "our balancer's program, to be started");
  auto* const proxy = app.add_option("--proxy", options.proxy, "HOST:PORT of a proxy that runs");
  proxy->excludes(balancer);
  app.add_option("--upstream-port", options.upstream_port,
                 "where that proxy sends to on 127.0.0.1; the upstream is played there");
  app.add_option("--only", options.only, "cases whose name holds this");
  app.add_option("--has", options.has, "features that cases may need: upgrade,half-close");
  app.add_option("--patience-ms", options.patience_ms, "after which what did not come is a failure")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (options.balancer.empty() && options.proxy.empty()) {
    std::fprintf(stderr, "conformance: name a --balancer to start or a --proxy that runs\n");
    return 2;
  }
  try {
    return run(options);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "conformance: %s\n", exception.what());
    return 1;
  }
}
