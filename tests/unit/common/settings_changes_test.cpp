// What is told of the difference between two cluster files, and that no key is left out of it.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "common/settings/cluster_changes.hpp"
#include "common/settings/cluster_file.hpp"
#include "common/settings/cluster_keys.hpp"
#include "common/settings/release.hpp"

namespace foretide {
namespace {

using settings::Effect;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kRoot = FORETIDE_FIXTURES "/../..";

std::string text_of(const std::string& path) {
  std::ifstream file(kRoot + path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

ClusterSettings cluster(const std::string& rest) {
  auto read = parse_cluster("version: 1\n" + rest, "f");
  EXPECT_TRUE(read) << rest << "\n" << read.error();
  return std::move(*read);
}

ClusterSettings with_service(const std::string& keys) {
  return cluster("services: {web: {" + keys + "}}\n");
}

std::string shown(const SettingChange& change) {
  return change.key + " " + change.from.value_or("-") + " -> " + change.to.value_or("-") + " " +
         std::string(name_of(change.effect)) + (change.is_secret ? " secret" : "");
}

std::vector<std::string> shown(const ClusterChanges& changes) {
  std::vector<std::string> lines;
  for (const auto& change : changes.cluster) lines.push_back(shown(change));
  for (const auto& service : changes.services) {
    if (service.kind == ServiceChange::Kind::kAdded) lines.push_back("+" + service.service.text);
    if (service.kind == ServiceChange::Kind::kRemoved) lines.push_back("-" + service.service.text);
    for (const auto& change : service.changes) lines.push_back(shown(change));
  }
  return lines;
}

std::vector<std::string> changed(const std::string& from, const std::string& to) {
  return shown(changes_for(with_service(from), with_service(to)));
}

TEST(ClusterChanges, AreNoneWhereOnlyTheWritingDiffers) {
  const auto full =
      cluster(text_of("/deploy/examples/cluster-full.yaml")
                  .substr(text_of("/deploy/examples/cluster-full.yaml").find("cluster: lab")));
  EXPECT_TRUE(changes_for(full, full).empty());
  EXPECT_THAT(changed("command: a", "command: [a], scale: {min: 1, idle: 300s}"), IsEmpty());
  EXPECT_THAT(shown(changes_for(cluster("services: {a: {command: x}, b: {upstreams: [\"h:1\"], "
                                        "match: {host: b}}}\n"),
                                cluster("services: {b: {upstreams: [\"h:1\"], match: {host: b}}, "
                                        "a: {command: x}}\n"))),
              IsEmpty());
}

// given: what the service said, and says now; expect: what is told
TEST(ClusterChanges, TellWhatBecomesOfEachKey) {
  struct Case {
    std::string from, to;
    std::vector<std::string> told;
  };
  const Case cases[] = {
      {"command: a", "command: a, scale: {min: 4}", {"scale.min 1 -> 4 live"}},
      {"command: a", "command: a b 'c d'", {"command a -> a b 'c d' release"}},
      {"command: a, needs: {memory: 512MiB}",
       "command: a, needs: {memory: 2GiB, cpus: 0.5}",
       {"needs.cpus 0 -> 0.5 release", "needs.memory 512MiB -> 2GiB release"}},
      {"command: a, capacity: {hard: 4}",
       "command: a, capacity: {hard: 10}",
       {"capacity.soft 3.2 -> 8 live", "capacity.hard 4 -> 10 live"}},
      {"command: a, scale: {down: {max_step: 2}}",
       "command: a, scale: {shortage: 0.5%}",
       {"scale.shortage 1% -> 0.5% live", "scale.down.max_step 2 -> - live"}},
      {"command: a, scale: {signals: [{cpu: 80%}, {requests: 50}]}",
       "command: a, scale: {signals: [{requests: 50}, {cpu: 75%, of: needs}, {latency: p99.5, "
       "below: 1500ms}]}",
       {"scale.signals cpu 80% of needs -> - live", "scale.signals - -> cpu 75% of needs live",
        "scale.signals - -> latency p99.5 below 1500ms live"}},
      {"command: a, stop: {signal: INT, grace: 90s}",
       "command: a",
       {"stop.signal INT -> TERM live", "stop.grace 90s -> 10s live"}},
      {"command: a, probe: {start: {http: /up}}",
       "command: a",
       {"probe.start.http /up -> - live", "probe.start.tcp - -> true live"}},
      {"command: a",
       "command: a, probe: {ready: {http: /up}}",
       {"probe.ready - -> {http /up, every 5s} live"}},
      {"command: a, probe: {ready: {http: /up}}",
       "command: a, probe: {ready: {http: /up, interval: 1s}}",
       {"probe.ready.interval 5s -> 1s live"}},
      {"command: a, match: {host: x}",
       "command: a, match: [{host: x}, {path_prefix: /y}]",
       {"match - -> any host /y live"}},
      {"command: a, match: {host: x}",
       "command: a",
       {"match x -> - live", "match - -> what no other service takes live"}},
      {"upstreams: [\"h:1\", \"h:2\"]",
       "upstreams: [\"h:2\", \"h:3\"], tls: {}",
       {"upstreams h:1 -> - drain", "upstreams - -> h:3 live", "tls - -> {} live"}},
      {"command: a, scale: {max: 3}",
       "upstreams: [\"h:1\"]",
       {"command a -> - drain", "upstreams - -> h:1 live"}},
      {"upstreams: [\"h:1\"]", "command: a", {"upstreams h:1 -> - drain", "command - -> a live"}},
  };
  for (const Case& it : cases) EXPECT_EQ(changed(it.from, it.to), it.told) << it.from;
}

TEST(ClusterChanges, KeepWhatMayBeASecretToThemselves) {
  EXPECT_THAT(
      changed("command: a, env: {KEY: one, REF: '${file:/a}', GONE: x}",
              "command: a, env: {KEY: two, REF: '${file:/b}', NEW: y}"),
      ElementsAre("env.GONE  -> - release secret", "env.KEY  ->  release secret",
                  "env.REF ${file:/a} -> ${file:/b} release", "env.NEW - ->  release secret"));
  EXPECT_THAT(changed("command: a, request: {set: {Authorization: one}}",
                      "command: a, request: {set: {Authorization: two}}"),
              ElementsAre("request.set.Authorization  ->  live secret"));
  EXPECT_THAT(changed("command: a, env: {KEY: '${file:/a}${file:/b}'}",
                      "command: a, env: {KEY: '${file:/a}-tail}'}"),
              ElementsAre("env.KEY  ->  release secret"));
}

TEST(ClusterChanges, NameServicesThatComeAndGo) {
  const auto before = cluster("services: {a: {command: x}, b: {command: y, match: {host: b}}}\n");
  const auto after = cluster(
      "cluster: lab\nlisten: {admin: \"127.0.0.1:1\", drain: 1s}\n"
      "services: {c: {command: z, match: {host: c}}, a: {command: x}}\n");
  const ClusterChanges changes = changes_for(before, after);
  EXPECT_THAT(shown(changes), ElementsAre("cluster foretide -> lab live",
                                          "listen.admin 127.0.0.1:7400 -> 127.0.0.1:1 restart",
                                          "listen.drain 30s -> 1s standalone", "+c", "-b"));
  EXPECT_TRUE(changes.want_restart());
  EXPECT_FALSE(changes_for(before, cluster("services: {a: {command: x}}\n")).want_restart());
}

// ---- that none is left out ----

TEST(KeyEffects, HaveARowForEachKeyOfTheMapsInWhichTheyDiffer) {
  std::set<std::string> rows;
  for (const auto& row : settings::kKeyEffects) EXPECT_TRUE(rows.emplace(row.path).second);
  std::set<std::string> keys;
  for (const auto* map :
       {&settings::keys::kTop, &settings::keys::kListen, &settings::keys::kService}) {
    const std::string prefix = map == &settings::keys::kTop ? "" : std::string(map->path) + ".";
    for (const auto key : map->built) keys.insert(prefix + std::string(key));
  }
  keys.erase("listen");
  keys.erase("services");
  EXPECT_EQ(rows, keys);
}

// A file in which the key of a path stands, at two values; what else it takes is in both.
struct Pair {
  std::string before, after;
};

Pair pair_of(const std::string& around, const std::string& one, const std::string& other) {
  const auto filled = [&](const std::string& with) {
    std::string text = around;
    return text.replace(text.find('@'), 1, with);
  };
  return {filled(one), filled(other)};
}

// Of every key that may have two values.
std::map<std::string, Pair> pairs() {
  std::map<std::string, Pair> all;
  const auto top = [&](const std::string& key, const std::string& one, const std::string& other) {
    all[key] = pair_of("@\nservices: {web: {command: a}}\n", one, other);
  };
  const auto in_listen = [&](const std::string& key, const std::string& value) {
    top("listen." + key, "", "listen: {" + key + ": " + value + "}");
  };
  const auto in_tls = [&](const std::string& key, const std::string& one,
                          const std::string& other) {
    const auto around = [](const std::string& with) {
      return "listen: {tls: {addresses: [\"h:1\"], certificates: [{certificate: a, key: b}], " +
             with + "}}";
    };
    top("listen.tls." + key, around(one), around(other));
  };
  const auto of_service = [&](const std::string& key, const std::string& one,
                              const std::string& other) {
    all["services.NAME." + key] =
        pair_of("services: {web: {command: a@}}\n", one.empty() ? "" : ", " + one, ", " + other);
  };
  top("cluster", "", "cluster: b");
  top("observe.access_log.format", "", "observe: {access_log: {format: json}}");
  top("observe.access_log.file", "", "observe: {access_log: {file: /f}}");
  top("listen.tls.addresses",
      "listen: {tls: {addresses: [\"h:1\"], certificates: [{certificate: a, key: b}]}}",
      "listen: {tls: {addresses: [\"h:2\"], certificates: [{certificate: a, key: b}]}}");
  top("listen.tls.certificates.certificate",
      "listen: {tls: {addresses: [\"h:1\"], certificates: [{certificate: a, key: b}]}}",
      "listen: {tls: {addresses: [\"h:1\"], certificates: [{certificate: c, key: b}]}}");
  top("listen.tls.certificates.key",
      "listen: {tls: {addresses: [\"h:1\"], certificates: [{certificate: a, key: b}]}}",
      "listen: {tls: {addresses: [\"h:1\"], certificates: [{certificate: a, key: c}]}}");
  in_tls("min_version", "http2: true", "min_version: '1.3'");
  in_tls("http2", "http2: true", "http2: false");
  in_tls("clients.ca", "clients: {ca: a}", "clients: {ca: b}");
  in_tls("clients.required", "clients: {ca: a}", "clients: {ca: a, required: false}");
  in_listen("traffic", "[\"h:1\"]");
  in_listen("admin", "\"127.0.0.1:1\"");
  in_listen("balancer_admin", "\"127.0.0.1:1\"");
  in_listen("control", "\"h:1\"");
  in_listen("telemetry", "\"h:1\"");
  in_listen("trusted_proxies", "[10.0.0.1]");
  in_listen("proxy_protocol", "[10.0.0.1]");
  in_listen("connections", "5");
  in_listen("connections_per_client", "5");
  in_listen("memory_max", "1GiB");
  in_listen("head_timeout", "5s");
  in_listen("idle_timeout", "5s");
  in_listen("half_closed", "serve");
  in_listen("ready_path", "/r");
  in_listen("lame_duck", "5s");
  in_listen("drain", "5s");
  in_listen("moving_address", "10.0.0.1");
  of_service("match.host", "match: {host: a}", "match: {host: b}");
  of_service("match.path_prefix", "match: {host: a}", "match: {host: a, path_prefix: /b}");
  of_service("match.header.name", "match: {header: {name: A, value: v}}",
             "match: {header: {name: B, value: v}}");
  of_service("match.header.value", "match: {header: {name: A, value: v}}",
             "match: {header: {name: A, value: w}}");
  of_service("env", "", "env: {A: b}");
  of_service("workdir", "", "workdir: /w");
  of_service("user", "", "user: u");
  of_service("needs.cpus", "", "needs: {cpus: 1}");
  of_service("needs.memory", "", "needs: {memory: 1GiB}");
  of_service("capacity.soft", "", "capacity: {soft: 2}");
  of_service("capacity.hard", "", "capacity: {hard: 20}");
  of_service("scale.min", "", "scale: {min: 2}");
  of_service("scale.max", "", "scale: {max: 2}");
  of_service("scale.shortage", "", "scale: {shortage: 2%}");
  of_service("scale.idle", "", "scale: {idle: 2s}");
  of_service("scale.predict", "", "scale: {predict: shadow}");
  for (const std::string key : {"max_step", "cooldown"}) {
    const std::string value = key == "cooldown" ? "3s" : "3";
    for (const std::string map : {"up", "down"}) {
      of_service("scale." + map + "." + key, "",
                 "scale: {" + map + ": {" + key + ": " + value + "}}");
    }
  }
  of_service("scale.down.window", "", "scale: {down: {window: 3s}}");
  const auto schedule = [](const std::string& window) {
    return "scale: {schedule: [" + window + "]}";
  };
  const std::string eight = R"({from: "0 8 * * *", for: 1h, min: 2})";
  const auto in_schedule = [&](const std::string& key, const std::string& other) {
    of_service("scale.schedule." + key, schedule(eight), schedule(other));
  };
  in_schedule("from", R"({from: "0 9 * * *", for: 1h, min: 2})");
  in_schedule("to", R"({from: "0 8 * * *", to: "0 9 * * *", min: 2})");
  in_schedule("for", R"({from: "0 8 * * *", for: 2h, min: 2})");
  in_schedule("min", R"({from: "0 8 * * *", for: 1h, min: 3})");
  of_service("scale.schedule.zone", schedule(eight),
             schedule(R"({from: "0 8 * * *", for: 1h, min: 2, zone: Europe/Berlin})"));
  const auto of_signals = [&](const std::string& key, const std::string& one,
                              const std::string& other) {
    of_service("scale.signals." + key, "scale: {signals: [{" + one + "}]}, needs: {memory: 1GiB}",
               "scale: {signals: [{" + other + "}]}, needs: {memory: 1GiB}");
  };
  of_signals("latency", "latency: p95, below: 1s", "latency: p99, below: 1s");
  of_signals("below", "latency: p95, below: 1s", "latency: p95, below: 2s");
  of_signals("cpu", "cpu: 80%", "cpu: 90%");
  of_signals("memory", "memory: 80%", "memory: 90%");
  of_signals("of", "memory: 80%, of: needs", "cpu: 80%, of: needs");
  of_signals("requests", "requests: 50", "requests: 60");
  const std::string queue = "queue: \"http://q/\", per_worker: 1";
  of_signals("queue", queue, "queue: \"http://r/\", per_worker: 1");
  of_signals("per_worker", queue, "queue: \"http://q/\", per_worker: 2");
  of_signals("field", queue, queue + ", field: a");
  of_signals("every", queue, queue + ", every: 1m");
  of_signals("metric", queue + ", metric: a", queue + ", metric: b");
  of_signals("path", "metric: a, below: 1", "metric: a, below: 1, path: /b");
  of_signals("take", "metric: a, below: 1", "metric: a, below: 1, take: max");
  of_signals("rate", "metric: a, below: 1", "metric: a, below: 1, rate: true");
  of_signals("name", "metric: a, below: 1", "metric: a, below: 1, name: c");
  of_service("queue.max", "", "queue: {max: 2}");
  of_service("queue.wait", "", "queue: {wait: 2s}");
  of_service("queue.order", "", "queue: {order: fair}");
  of_service("queue.key", "queue: {order: fair}", "queue: {order: fair, key: header A}");
  of_service("balance.policy", "", "balance: round-robin");
  of_service("balance.key", "balance: {policy: hash, key: header A}",
             "balance: {policy: hash, key: cookie A}");
  of_service("probe.start.http", "", "probe: {start: {http: /p}}");
  of_service("probe.start.tcp", "probe: {start: {http: /p}}", "probe: {start: {tcp: true}}");
  of_service("probe.start.timeout", "", "probe: {start: {timeout: 2s}}");
  of_service("probe.ready.http", "probe: {ready: {}}", "probe: {ready: {http: /p}}");
  of_service("probe.ready.tcp", "probe: {ready: {http: /p}}", "probe: {ready: {tcp: true}}");
  of_service("probe.ready.interval", "probe: {ready: {}}", "probe: {ready: {interval: 2s}}");
  of_service("probe.ready.timeout", "probe: {ready: {}}", "probe: {ready: {timeout: 3s}}");
  of_service("probe.ready.healthy", "probe: {ready: {}}", "probe: {ready: {healthy: 7}}");
  of_service("probe.ready.unhealthy", "probe: {ready: {}}", "probe: {ready: {unhealthy: 7}}");
  of_service("stop.drain", "", "stop: {drain: 2s}");
  of_service("stop.signal", "", "stop: {signal: INT}");
  of_service("stop.grace", "", "stop: {grace: 2s}");
  for (const std::string key : {"connect", "response", "idle", "total", "tunnel"}) {
    of_service("timeouts." + key, "", "timeouts: {" + key + ": 5s}");
  }
  of_service("retry.attempts", "", "retry: {attempts: 5}");
  of_service("retry.budget", "", "retry: {budget: 5%}");
  of_service("request.body_max", "", "request: {body_max: 5MB}");
  of_service("request.strip_prefix", "", "request: {strip_prefix: /a}");
  of_service("request.add_prefix", "", "request: {add_prefix: /a}");
  for (const std::string map : {"request", "response"}) {
    of_service(map + ".set", "", map + ": {set: {A: b}}");
    of_service(map + ".remove", "", map + ": {remove: [A]}");
  }
  of_service("allow", "", "allow: [10.0.0.1]");
  of_service("https_only", "", "https_only: true");
  of_service("eject", "", "eject: false");
  of_service("tls.ca", "tls: {}", "tls: {ca: a}");
  of_service("tls.server_name", "tls: {}", "tls: {server_name: a}");
  of_service("tls.verify", "tls: {}", "tls: {verify: false}");
  all["services.NAME.command"] = {"services: {web: {command: a}}\n",
                                  "services: {web: {command: b}}\n"};
  all["services.NAME.upstreams"] = {"services: {web: {upstreams: [\"h:1\"]}}\n",
                                    "services: {web: {upstreams: [\"h:2\"]}}\n"};
  return all;
}

std::vector<std::string> keys_told(const ClusterChanges& changes) {
  std::vector<std::string> keys;
  for (const auto& change : changes.cluster) keys.push_back(change.key);
  for (const auto& service : changes.services) {
    for (const auto& change : service.changes) keys.push_back("services.NAME." + change.key);
  }
  return keys;
}

bool has_a_map_of_its_own(const std::string& path) {
  for (const auto* map : settings::keys::of_cluster_file()) {
    if (map->path == path) return true;
  }
  return path == "services";
}

TEST(ClusterChanges, TellOfEveryKeyThatCanChange) {
  const auto all = pairs();
  for (const auto* map : settings::keys::of_cluster_file()) {
    for (const auto key : map->built) {
      const std::string path =
          (map == &settings::keys::kTop ? "" : std::string(map->path) + ".") + std::string(key);
      const auto effect = settings::effect_of(path);
      if (has_a_map_of_its_own(path) || effect == Effect::kFixed) continue;
      ASSERT_TRUE(effect) << path;
      ASSERT_TRUE(all.contains(path)) << path << ": no pair of files that differ in it";
      const auto [before, after] = all.at(path);
      const ClusterChanges changes = changes_for(cluster(before), cluster(after));
      // A list's item, a map's free key, and a match are told under the key above them.
      const bool told = [&] {
        for (const std::string& one : keys_told(changes)) {
          if (one == path || one.starts_with(path + ".")) return true;
          if (one == "services.NAME.match" && path.starts_with(one)) return true;
          if (one == "services.NAME.scale.schedule" && path.starts_with(one)) return true;
          if (one == "listen.tls.certificates" && path.starts_with(one)) return true;
          if (one == "services.NAME.scale.signals" && path.starts_with(one)) return true;
        }
        return false;
      }();
      EXPECT_TRUE(told) << path << testing::PrintToString(shown(changes));
    }
  }
}

TEST(ClusterChanges, SpeakOfANewReleaseExactlyWhereThereIsOne) {
  int releases = 0;
  for (const auto& [path, pair] : pairs()) {
    const auto before = cluster(pair.before), after = cluster(pair.after);
    bool is_told = false;
    for (const auto& service : changes_for(before, after).services) {
      for (const auto& change : service.changes) is_told |= change.effect == Effect::kRelease;
    }
    const bool is_one =
        release_for(before.services[0].worker) != release_for(after.services[0].worker);
    EXPECT_EQ(is_told, is_one) << path;
    releases += is_one;
  }
  EXPECT_EQ(releases, 6);
}

TEST(ClusterChanges, WantARestartExactlyWhereAReloadIsRefused) {
  for (const auto& [path, pair] : pairs()) {
    const auto before = cluster(pair.before), after = cluster(pair.after);
    EXPECT_EQ(changes_for(before, after).want_restart(), before.listen != after.listen) << path;
  }
}

// "| live | at once | `cluster`, `match` |" under "## What a change does"
TEST(KeyEffects, StandInTheReferenceAsTheyAre) {
  std::map<std::string, std::set<std::string>> page, code;
  std::istringstream lines(text_of("/docs/cluster-file.md"));
  bool is_there = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) is_there = line == "## What a change does";
    if (!is_there || !line.starts_with("| ")) continue;
    const std::string effect = line.substr(2, line.find(" |") - 2);
    for (auto at = line.find('`'); at != std::string::npos; at = line.find('`', at + 1)) {
      const auto end = line.find('`', at + 1);
      page[effect].insert(line.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  for (const auto& row : settings::kKeyEffects) {
    const std::string path(row.path), of_service = "services.NAME.";
    code[std::string(name_of(row.effect))].insert(
        path.starts_with(of_service) ? path.substr(of_service.size()) : path);
  }
  EXPECT_EQ(page, code);
}

}  // namespace
}  // namespace foretide
