#include "common/settings/cluster_file.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace foretide {
namespace {

using namespace std::chrono_literals;

std::string problems_of(const std::string& yaml) {
  const auto read = parse_cluster(yaml, "f");
  return read ? "" : read.error();
}

ServiceSettings only_service(const std::string& yaml) {
  const auto read = parse_cluster(yaml, "f");
  EXPECT_TRUE(read) << read.error();
  if (!read || read->services.size() != 1) {
    ADD_FAILURE() << "wants one service";
    return {};
  }
  return read->services[0];
}

// A service `web` with these keys.
std::string service(const std::string& keys) {
  return "version: 1\nservices:\n  web:\n    command: ./s\n" + keys;
}

TEST(ClusterFile, TakesTheSmallestOneAndFillsInTheDefaults) {
  const auto read = parse_cluster(
      "version: 1\n"
      "services:\n"
      "  web:\n"
      "    command: ./server --host {host} --port {port}\n",
      "cluster.yaml");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->name, "foretide");
  EXPECT_EQ(read->listen, ListenSettings{});
  ASSERT_EQ(read->services.size(), 1u);
  ServiceSettings expected;
  expected.id = ServiceId{"web"};
  expected.worker.argv = {"./server", "--host", "{host}", "--port", "{port}"};
  expected.traffic.soft_capacity = 8;
  EXPECT_EQ(read->services[0], expected);
}

TEST(ClusterFile, ReadsEveryKeyThatIsBuilt) {
  const auto read = parse_cluster(R"(version: 1
cluster: lab
listen:
  traffic: ["0.0.0.0:80", "[::1]:81", ":82"]
  admin: "127.0.0.1:1"
  balancer_admin: "localhost:2"
  control: "10.0.0.1:3"
  telemetry: 10.0.0.1:4
services:
  web:
    match: {host: "*.Example.org", path_prefix: /api, header: {name: X-Kind, value: a b}}
    command: "./s --title 'two words' --port {port}"
    env: {A: "1", B: 2, SECRET: "${file:/etc/secret}", C: "${env:HOME}/x", EMPTY: ""}
    workdir: srv
    user: www-data
    engine: generic
    needs: {cpus: 0.5, memory: 512MiB}
    capacity: {soft: 2.5, hard: 4}
    scale:
      min: 0
      max: 7
      shortage: 0.5%
      idle: 90s
      predict: shadow
      up: {max_step: 2, cooldown: 1s}
      down: {max_step: 1, cooldown: 2s, window: 2m}
    queue: {max: 10, wait: 5s, order: fifo}
    balance: round-robin
    probe: {start: {http: /healthz, timeout: 2m}}
    stop: {drain: 1m, signal: SIGINT, grace: 500ms}
    timeouts: {connect: 1s, response: 2s, idle: 3s}
  files:
    match: [{path_prefix: /files}, {host: files.example.org}]
    upstreams: ["10.0.0.9:9001", "[::1]:9002"]
)",
                                  "f");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->name, "lab");
  EXPECT_EQ(read->listen,
            (ListenSettings{.traffic = {{"0.0.0.0", 80}, {"::1", 81}, {"0.0.0.0", 82}},
                            .admin = {"127.0.0.1", 1},
                            .balancer_admin = {"localhost", 2},
                            .control = {"10.0.0.1", 3},
                            .telemetry = {"10.0.0.1", 4}}));
  ASSERT_EQ(read->services.size(), 2u);

  const ServiceSettings& web = read->services[0];
  EXPECT_EQ(
      web.matches,
      (std::vector<wire::Match>{{ServiceId{"web"}, "*.example.org", "/api", "X-Kind", "a b"}}));
  EXPECT_EQ(web.worker.argv,
            (std::vector<std::string>{"./s", "--title", "two words", "--port", "{port}"}));
  EXPECT_EQ(web.worker.env,
            (std::map<std::string, std::string>{{"A", "1"},
                                                {"B", "2"},
                                                {"C", "${env:HOME}/x"},
                                                {"EMPTY", ""},
                                                {"SECRET", "${file:/etc/secret}"}}));
  EXPECT_EQ(web.worker.workdir, "srv");
  EXPECT_EQ(web.worker.user, "www-data");
  EXPECT_EQ(web.worker.needs, (Needs{.cpus = 0.5, .memory_bytes = 536'870'912}));
  EXPECT_EQ(web.worker.start, (ProbeSpec{ProbeSpec::Kind::kHttp, "/healthz", 2min}));
  EXPECT_EQ(web.worker.stop, (StopSpec{1min, SIGINT, 500ms}));
  EXPECT_EQ(web.scale, (ScaleSettings{.min = 0,
                                      .max = 7,
                                      .shortage = 0.005,
                                      .idle = 90s,
                                      .window = 2min,
                                      .up_max_step = 2,
                                      .down_max_step = 1,
                                      .up_cooldown = 1s,
                                      .down_cooldown = 2s,
                                      .predict = ScaleSettings::Predict::kShadow}));
  EXPECT_EQ(web.capacity_soft, 2.5);
  EXPECT_EQ(web.capacity_hard, 4u);
  EXPECT_EQ(web.traffic, (wire::TrafficPolicy{.balance = wire::TrafficPolicy::Balance::kRoundRobin,
                                              .hard_capacity = 4,
                                              .soft_capacity = 3,
                                              .queue_max = 10,
                                              .queue_wait = 5s,
                                              .connect_timeout = 1s,
                                              .response_timeout = 2s,
                                              .idle_timeout = 3s}));
  const ServiceSettings& files = read->services[1];
  EXPECT_EQ(files.upstreams, (std::vector<Address>{{"10.0.0.9", 9001}, {"::1", 9002}}));
  EXPECT_TRUE(files.worker.argv.empty());
  EXPECT_EQ(files.matches.size(), 2u);
}

TEST(ClusterFile, TellsEveryProblemAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(problems_of(R"(version: 2
clustr: x
listen: {traffic: ["0.0.0.0:8080", "127.0.0.1:8080"], admin: 0.0.0.0:7400, tls: {}}
services:
  web:
    comand: ./server --port {port}
    scale: {min: 5, max: 3, idle: 5, shortage: 120%}
    scale: {min: 1}
    env:
      EMPTY:
      9X: a
      K: ${HOME}
    stop:
  Web2:
    match: {path_prefix: api}
    command: {port}
    upstreams: [a:1, a:1, b]
    logs: 3
)"),
            R"(f:1:10: 'version' is '2', this program reads version 1
f:2:1: unknown key 'clustr' in the cluster file, did you mean 'cluster'?
f:3:36: 'traffic' listens on 127.0.0.1:8080, which 'traffic' takes already (0.0.0.0:8080), give each its own port
f:3:62: 'admin' is 0.0.0.0:7400, but without TLS (not built yet) it stays on loopback, use 127.0.0.1:7400
f:3:81: 'certificates' is missing, write for example certificates: [{certificate: /etc/foretide/site.pem, key: /etc/foretide/site.key}]
f:3:81: 'addresses' is missing, write for example addresses: ["0.0.0.0:8443"]
f:6:5: unknown key 'comand' in a service, did you mean 'command'?
f:7:13: 'min' is 5, more than 'max', which is 3, raise 'max'
f:7:35: 'idle' is '5', wants a duration with its unit, such as 500ms, 30s, 5m or 1h
f:7:48: 'shortage' is '120%', wants a share such as 1% or 0.01, from 0.01% to 50%
f:8:5: 'scale' is given twice, first on line 7
f:10:7: 'EMPTY' has no value, remove it or write one ("" for an empty text)
f:11:7: '9X' cannot name a variable, use letters, digits and _
f:12:10: 'K' holds '${HOME}', a reference is ${file:/path} or ${env:HOME}
f:13:5: 'stop' has no value, remove it or give it some of: drain, signal, grace
f:14:3: 'Web2' cannot name a service, use a-z, 0-9 and -, not at the ends, at most 63
f:15:13: 'path_prefix' is 'api', wants a path that begins with / and has no query
f:16:14: 'command' begins with a brace, which YAML takes for a map, put it in quotes: "{port}"
f:17:5: 'Web2' has a 'command' and 'upstreams', keep one of them
f:17:22: 'a:1' is given twice, first on line 17
f:17:27: 'upstreams' is 'b', wants host:port such as 127.0.0.1:8080 or [::1]:8080
f:18:5: 'logs' is not built yet, remove it)");
}

struct BadService {
  std::string keys;  // what follows `command: ./s`
  std::string problem;
};

TEST(ClusterFile, TellsWhatIsWrongWithAService) {
  const std::vector<BadService> table{
      {"    engine: vllm\n", "f:5:13: 'engine: vllm' is not built yet, use generic"},
      {"    engine: genric\n",
       "f:5:13: 'engine' is 'genric', wants one of generic, did you mean 'generic'?"},
      {"    balance: hash\n",
       "f:5:5: 'balance: hash' needs a key, write for example balance: {policy: hash, key: header "
       "X-User}"},
      {"    balance: {policy: hash}\n",
       "f:5:14: 'key' is missing, write for example key: header X-User"},
      {"    balance: {policy: hash, key: header}\n",
       "f:5:29: 'key' is 'header', wants 'header NAME', 'cookie NAME' or 'address'"},
      {"    balance: {policy: hash, key: cookie a=b}\n",
       "f:5:29: 'key' is 'cookie a=b', wants 'header NAME', 'cookie NAME' or 'address'"},
      {"    balance: {policy: round-robin, key: address}\n",
       "f:5:36: 'key' means something with 'policy: hash' only, remove it"},
      {"    balance: p2c\n",
       "f:5:14: 'balance' is 'p2c', wants one of least-load, round-robin, hash, prefix-affinity"},
      {"    balance: [a]\n", "f:5:14: 'balance' is a list, wants a text"},
      {"    queue: {order: lifo}\n", "f:5:20: 'order: lifo' is not built yet, use fifo, fair"},
      {"    queue: {key: address}\n",
       "f:5:13: 'key' means something with 'order: fair' only, remove it"},
      {"    queue: {max: -1}\n", "f:5:18: 'max' is '-1', wants a whole number from 0 to 1000000"},
      {"    queue: {max: \"7\"}\n",
       "f:5:18: 'max' is '7' in quotes, wants a whole number from 0 to 1000000"},
      {"    queue: {wait: 2h}\n", "f:5:19: 'wait' is '2h', wants a duration from 0s to 1h"},
      {"    needs: {gpus: 1}\n", "f:5:13: 'gpus' is not built yet, remove it"},
      {"    needs: {memory: 512M}\n",
       "f:5:21: 'memory' is '512M', wants a size with its unit, such as 512MiB, 2GiB or 1GB"},
      {"    needs: {cpus: nan}\n", "f:5:19: 'cpus' is 'nan', wants a number from 0 to 4096"},
      {"    needs: [1]\n", "f:5:12: 'needs' is a list, wants a map with some of: cpus, memory"},
      {"    capacity: {hard: 0}\n", "f:5:22: 'hard' is '0', wants a whole number from 1 to 100000"},
      {"    capacity: {soft: 5, hard: 4}\n",
       "f:5:16: 'soft' is more than 'hard', which is 4, lower it or leave it out"},
      {"    capacity: {strict: true}\n", "f:5:16: 'strict' is not built yet, remove it"},
      {"    scale: {min: 11}\n",
       "f:5:13: 'min' is 11, more than 'max', which is 10 unless given, raise 'max'"},
      {"    scale: {predict: maybe}\n",
       "f:5:22: 'predict' is 'maybe', wants one of off, shadow, auto"},
      {"    scale: {vertical: {}}\n", "f:5:13: 'vertical' is not built yet, remove it"},
      {"    scale: {up: {window: 1s}}\n",
       "f:5:18: unknown key 'window' in 'up', known here: max_step, cooldown"},
      {"    probe: {live: {}}\n", "f:5:13: 'live' is not built yet, remove it"},
      {"    probe: {ready: {http: /x, tcp: true}}\n",
       "f:5:31: 'tcp' and 'http' exclude each other, keep one"},
      {"    probe: {ready: {http: x}}\n", "f:5:21: 'http' is 'x', wants a path such as /healthz"},
      {"    probe: {ready: {unhealthy: 0}}\n",
       "f:5:32: 'unhealthy' is '0', wants a whole number from 1 to 100"},
      {"    eject: off\n", "f:5:12: 'eject' is 'off', wants true or false"},
      {"    probe: {start: {http: /x, tcp: true}}\n",
       "f:5:31: 'tcp' and 'http' exclude each other, keep one"},
      {"    probe: {start: {tcp: no}}\n",
       "f:5:21: 'tcp' is 'no', wants true, or leave it out for an http probe"},
      {"    probe: {start: {http: healthz}}\n",
       "f:5:21: 'http' is 'healthz', wants a path such as /healthz"},
      {"    stop: {signal: STOP}\n",
       "f:5:12: 'signal' is 'STOP', wants TERM, INT, QUIT, HUP, USR1, USR2, KILL or the number of "
       "one"},
      {"    match: {model: small}\n", "f:5:13: 'model' is not built yet, remove it"},
      {"    match: {}\n",
       "f:5:12: 'match' has no condition, remove it for a service that takes the rest"},
      {"    match: {host: \"a.org:80\"}\n",
       "f:5:13: 'host' is 'a.org:80', wants a name without port such as api.example.org or "
       "*.example.org"},
      {"    match: {header: {name: X}}\n",
       "f:5:21: 'value' is missing, write header: {name: X-Model, value: small}"},
      {"    match: [{host: a}, {host: A}]\n",
       "f:5:24: the same match is given twice, first on line 5"},
      {"    env: [A]\n", "f:5:10: 'env' is a list, wants a map of NAME: value"},
      {"    env: {A: \"${file:}\"}\n",
       "f:5:14: 'A' holds '${file:}', a reference is ${file:/path} or ${env:NAME}"},
      {"    env: {A: \"x${env:B\"}\n",
       "f:5:14: 'A' holds '${' that is never closed, close it with '}'"},
      {"    env: {A: \"\\0\"}\n", "f:5:14: 'A' holds a zero character, remove it"},
      {"    user: a b\n", "f:5:5: 'user' is 'a b', wants the name of a user"},
      {"    priority: 3\n", "f:5:5: 'priority' is not built yet, remove it"},
      {"    colour: red\n",
       "f:5:5: unknown key 'colour' in a service, known here: match, command, env, workdir, user, "
       "engine, needs, capacity, scale, queue, balance, probe, stop, timeouts, retry, request, "
       "response, allow, https_only, eject, upstreams, tls"},
      {"    retry: {attempts: 11}\n",
       "f:5:23: 'attempts' is '11', wants a whole number from 0 to 10"},
      {"    request: {set: {Host: a}}\n",
       "f:5:21: 'Host' is written by the balancer and cannot be changed here"},
      {"    request: {set: {\"X Y\": a}}\n", "f:5:21: 'X Y' is no name of a header"},
      {"    response: {set: {X: \"a\\nb\"}}\n",
       "f:5:25: 'X' has a value with control characters, or one of more than 4096 bytes"},
      {"    response: {remove: [Content-Length]}\n",
       "f:5:25: 'Content-Length' is written by the balancer and cannot be changed here"},
      {"    request: {strip_prefix: api}\n",
       "f:5:15: 'strip_prefix' is 'api', wants the beginning of a path such as /api"},
      {"    allow: [10.0.0.1/8]\n",
       "f:5:13: '10.0.0.1/8' is no range of addresses, write for example 10.0.0.0/8, fd00::/8 or "
       "127.0.0.1"},
      {"    https_only: yes\n", "f:5:17: 'https_only' is 'yes', wants true or false"},
  };
  for (const auto& [keys, problem] : table) EXPECT_EQ(problems_of(service(keys)), problem);
}

TEST(ClusterFile, ReadsHowWorkersAreChosenAndWaitedFor) {
  const auto policy = [](const std::string& keys) { return only_service(service(keys)).traffic; };
  using Policy = wire::TrafficPolicy;
  using Kind = wire::KeySource::Kind;
  auto read = policy("    balance: {policy: hash, key: header X-User}\n");
  EXPECT_EQ(read.balance, Policy::Balance::kHash);
  EXPECT_EQ(read.balance_key, (wire::KeySource{Kind::kHeader, "X-User"}));
  EXPECT_EQ(policy("    balance: prefix-affinity\n").balance, Policy::Balance::kPrefixAffinity);
  EXPECT_EQ(policy("    balance: {policy: least-load}\n").balance, Policy::Balance::kLeastLoad);
  read = policy("    queue: {order: fair}\n");
  EXPECT_EQ(read.queue_order, Policy::QueueOrder::kFair);
  EXPECT_EQ(read.queue_key, (wire::KeySource{Kind::kAddress, ""}));
  EXPECT_EQ(policy("    queue: {order: fair, key: cookie sid}\n").queue_key,
            (wire::KeySource{Kind::kCookie, "sid"}));
  EXPECT_FALSE(policy("    eject: false\n").eject);
  EXPECT_EQ(policy("    probe: {ready: {tcp: true}}\n").ready_probe, wire::ReadyProbe{});
  EXPECT_EQ(policy("    probe: {ready: {http: /up, interval: 1s, timeout: 300ms, healthy: 1, "
                   "unhealthy: 4}}\n")
                .ready_probe,
            (wire::ReadyProbe{.kind = ProbeSpec::Kind::kHttp,
                              .path = "/up",
                              .interval = 1s,
                              .timeout = 300ms,
                              .healthy = 1,
                              .unhealthy = 4}));
}

TEST(ClusterFile, TellsWhatIsWrongWithACommand) {
  const std::string start = "version: 1\nservices:\n  web:\n    command: ";
  const std::vector<BadService> table{
      {"\"\"", "f:4:14: 'command' names no program, write for example ./server --port {port}"},
      {"[]", "f:4:14: 'command' names no program, write for example ./server --port {port}"},
      {"", "f:4:5: 'command' has no value, remove it or write one (\"\" for an empty text)"},
      {"./a 'b", "f:4:14: 'command' has a ' that is never closed"},
      {"cd x && ./a",
       "f:4:14: 'command' holds '&&', but no shell runs it: use sh -c '…', or quote that word"},
      {"A=1 ./a", "f:4:14: 'command' begins with A=1, which is no program, set A under 'env'"},
      {"{port}",
       "f:4:14: 'command' begins with a brace, which YAML takes for a map, put it in quotes: "
       "\"{port}\""},
      {"{port} x",
       "f:4:21: not YAML (end of map not found), put a text that holds {port} or {host} in quotes"},
      {"[./a, {port}]",
       "f:4:20: 'command' begins with a brace, which YAML takes for a map, put it in quotes: "
       "\"{port}\""},
      {"[./a, [b]]", "f:4:20: 'command' is a list, wants a text"},
  };
  for (const auto& [command, problem] : table) {
    EXPECT_EQ(problems_of(start + command + "\n"), problem) << command;
  }
}

TEST(ClusterFile, TellsWhatIsWrongWithTheFileAsAWhole) {
  const std::vector<BadService> table{
      {"", "f:1:1: the file is empty, the least is version: 1 and services with one command"},
      {"# nothing\n",
       "f:1:1: the file is empty, the least is version: 1 and services with one command"},
      {"- a\n",
       "f:1:1: 'the file' is a list, wants a map with some of: version, cluster, listen, services, "
       "observe"},
      {"services: {}\n", "f:1:1: 'version' is missing, begin the file with version: 1"},
      {"version: 1\n", "f:1:1: 'services' is missing, name at least one service with its command"},
      {"version: 1\nservices:\n", "f:2:1: 'services' is nothing, wants a map of names to services"},
      {"version: 1\nservices:\n\tweb: 1\n", "f:3:1: a tab in the indentation, YAML wants spaces"},
      {"version: 1\nservices: {}\nstore: etcd\n", "f:3:1: 'store' is not built yet, remove it"},
      {"version: 1\ncluster: a b\nservices: {}\n",
       "f:2:1: 'cluster' is 'a b', wants a name of letters, digits, '-', '_' and '.', at most 63"},
      {"version: 1\nlisten: {control: 7401}\nservices: {}\n",
       "f:2:19: 'control' is '7401', wants host:port such as 127.0.0.1:8080 or [::1]:8080"},
      {"version: 1\nlisten: {control: \"a:70000\"}\nservices: {}\n",
       "f:2:19: 'control' is 'a:70000', wants host:port such as 127.0.0.1:8080 or [::1]:8080"},
      {"version: 1\nlisten: {traffic: \"0.0.0.0:7401\"}\nservices: {}\n",
       "f:2:19: 'traffic' listens on 0.0.0.0:7401, which 'control' takes already (0.0.0.0:7401), "
       "give each its own port"},
      {"version: 1\nservices:\n  a: {command: a}\n  b: {command: b}\n",
       "f:4:3: neither 'b' nor 'a' (line 3) has a 'match', only one service may take the rest"},
      {"version: 1\nservices:\n  a: {command: a}\n  b: {command: b, match: {path_prefix: /}}\n",
       "f:4:26: 'b' and 'a' (line 3) take the same requests, make one of them more specific by "
       "'match'"},
      {"version: 1\nservices: {a: {env: {A: b}}}\n",
       "f:2:15: 'command' is missing, write for example command: ./server --port {port}, or "
       "upstreams: [...] for servers that "
       "run already"},
      {"version: 1\nservices: {a: {upstreams: [\"h:1\"], scale: {min: 1}}}\n",
       "f:2:36: 'scale' means nothing beside 'upstreams', remove it"},
      {"version: 1\nservices: {a: {upstreams: []}}\n",
       "f:2:27: 'upstreams' is an empty list, wants at least one host:port"},
      {"version: 1\nservices: {a: {upstreams: [\"h:0\", \":1\"]}}\n",
       "f:2:28: 'upstreams' is 'h:0', wants a host and a port from 1 to 65535\n"
       "f:2:35: 'upstreams' is ':1', wants a host and a port from 1 to 65535"},
  };
  for (const auto& [yaml, problem] : table) EXPECT_EQ(problems_of(yaml), problem) << yaml;
}

TEST(ClusterFile, ReadsHowRequestsArePassedOn) {
  const auto cluster = parse_cluster(R"(version: 1
services:
  web:
    command: ./s
    timeouts: {total: 5m, tunnel: 2h}
    retry: {attempts: 2, budget: 5%}
    request:
      body_max: 10MiB
      strip_prefix: /api
      add_prefix: /v1
      set: {X-From: edge}
      remove: [Cookie]
    response: {remove: Server}
    allow: ["10.0.0.0/8", "::1"]
    https_only: true
)",
                                     "f");
  ASSERT_TRUE(cluster) << cluster.error();
  const auto& policy = cluster->services[0].traffic;
  EXPECT_EQ(policy.total_timeout, std::chrono::minutes(5));
  EXPECT_EQ(policy.tunnel_timeout, std::chrono::hours(2));
  EXPECT_EQ(policy.retries, 2u);
  EXPECT_DOUBLE_EQ(policy.retry_budget, 0.05);
  EXPECT_EQ(policy.body_max_bytes, 10u * 1024 * 1024);
  const wire::HeadChanges request{.strip_prefix = "/api",
                                  .add_prefix = "/v1",
                                  .remove = {"Cookie"},
                                  .set = {{"X-From", "edge"}}};
  EXPECT_EQ(policy.request, request);
  EXPECT_EQ(policy.response.remove, std::vector<std::string>{"Server"});
  EXPECT_EQ(policy.allow, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
  EXPECT_TRUE(policy.https_only);
}

TEST(ClusterFile, AllowsMatchesThatTheOrderCanDecide) {
  EXPECT_EQ(problems_of(R"(version: 1
services:
  a: {command: a, match: {host: a.org}}
  b: {command: b, match: {host: "*.org"}}
  c: {command: c, match: {host: a.org, path_prefix: /c}}
  d: {command: d, match: {host: a.org, header: {name: X, value: d}}}
  e: {command: e, match: {host: a.org, header: {name: x, value: e}}}
  f: {command: f}
)"),
            "");
}

TEST(ClusterFile, RefusesTwoHeadersThatOneRequestMayCarry) {
  EXPECT_EQ(
      problems_of(R"(version: 1
services:
  a: {command: a, match: {header: {name: X, value: "1"}}}
  b: {command: b, match: {header: {name: Y, value: "1"}}}
)"),
      "f:4:26: 'b' and 'a' (line 3) take the same requests, make one of them more specific by "
      "'match'");
}

TEST(ClusterFile, TakesFourFifthsOfTheHardCapacityForTheSoftOne) {
  EXPECT_EQ(only_service(service("    capacity: {hard: 10}\n")).capacity_soft, 8.0);
  EXPECT_EQ(only_service(service("    capacity: {hard: 1}\n")).capacity_soft, 1.0);
  EXPECT_FALSE(only_service(service("    capacity: {}\n")).gives_capacity());
  EXPECT_EQ(only_service(service("    capacity: {hard: 4}\n")).traffic.soft_capacity, 4u);
}

TEST(ClusterFile, TakesACommandAsAListWordByWord) {
  const auto settings = only_service(
      "version: 1\nservices: {web: {command: [./a, \"b c\", \"{port}\", 5, \"&&\"]}}\n");
  EXPECT_EQ(settings.worker.argv, (std::vector<std::string>{"./a", "b c", "{port}", "5", "&&"}));
}

TEST(ClusterFile, TakesAFoldedCommandAsOneLine) {
  const auto settings = only_service(
      "version: 1\nservices:\n  web:\n    command: >\n      ./a\n      --port {port}\n");
  EXPECT_EQ(settings.worker.argv, (std::vector<std::string>{"./a", "--port", "{port}"}));
}

TEST(ClusterFile, LetsPortZeroStandMoreThanOnce) {
  EXPECT_EQ(problems_of("version: 1\nservices: {}\nlisten: {traffic: \"127.0.0.1:0\", admin: "
                        "\"127.0.0.1:0\", control: \"127.0.0.1:0\"}\n"),
            "");
}

TEST(ClusterFile, TakesFiveHundredServicesAndNoMore) {
  std::string yaml = "version: 1\nservices:\n";
  for (int i = 0; i < 500; ++i) {
    yaml += "  s" + std::to_string(i) + ": {command: a, match: {path_prefix: /" +
            std::to_string(i) + "}}\n";
  }
  EXPECT_EQ(problems_of(yaml), "");
  EXPECT_EQ(problems_of(yaml + "  one: {command: a}\n"),
            "f:503:3: a service too many, 500 at most");
}

TEST(ClusterFile, KeepsWhatTravelsWithinTheLimitsOfTheWire) {
  std::string words, variables, upstreams;
  for (int i = 0; i < 1001; ++i) {
    words += "a ";
    variables += "A" + std::to_string(i) + ": b, ";
    upstreams += "\"h:" + std::to_string(i + 1) + "\", ";
  }
  const std::string start = "version: 1\nservices: {a: {";
  EXPECT_EQ(problems_of(start + "command: " + words + "}}\n"),
            "f:2:25: 'command' has 1001 words, at most 1000");
  EXPECT_EQ(problems_of(start + "command: a, env: {" + variables + "}}}\n"),
            "f:2:33: 'env' has 1001 variables, at most 500");
  EXPECT_EQ(problems_of(start + "upstreams: [" + upstreams + "]}}\n"),
            "f:2:16: 'upstreams' has 1001 addresses, at most 1000");
  EXPECT_EQ(problems_of(start + "command: a, workdir: " + std::string(40'000, 'w') + "}}\n"),
            "f:2:37: 'workdir' is longer than 32 KiB, put it into a file on the hosts");
  std::string many = "version: 1\nservices:\n";
  for (int i = 0; i < 251; ++i) {
    many += "  s" + std::to_string(i) + ":\n    command: a\n    match:\n";
    for (int j = 0; j < 16; ++j) {
      many += "    - {path_prefix: /" + std::to_string(i) + "/" + std::to_string(j) + "}\n";
    }
  }
  EXPECT_EQ(problems_of(many), "f:4756:7: a match too many, 4000 at most in all services");
}

TEST(ClusterFile, NamesTheFileThatCannotBeRead) {
  const auto read = read_cluster("/nonexistent/cluster.yaml");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), "/nonexistent/cluster.yaml: cannot be read: No such file or directory");
}

TEST(StandaloneFile, ServesWhatHasUpstreams) {
  const auto read = parse_standalone(
      "version: 1\n"
      "listen: {traffic: [\"127.0.0.1:8003\"], balancer_admin: \"127.0.0.1:7703\"}\n"
      "services:\n"
      "  web: {upstreams: [\"127.0.0.1:9001\"], capacity: {hard: 2}}\n",
      "f");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->listen.traffic, (std::vector<Address>{{"127.0.0.1", 8003}}));
  EXPECT_EQ(read->listen.balancer_admin, (Address{"127.0.0.1", 7703}));
  ASSERT_EQ(read->services.size(), 1u);
  EXPECT_EQ(read->services[0].upstreams, (std::vector<Address>{{"127.0.0.1", 9001}}));
  EXPECT_EQ(read->services[0].traffic.hard_capacity, 2u);
}

TEST(StandaloneFile, RefusesACommand) {
  const auto read = parse_standalone(
      "version: 1\nservices:\n  web: {command: ./a}\n  b: {match: {host: b}}\n", "f");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(),
            "f:3:9: 'web' has a 'command', which needs a coordinator, a standalone balancer serves "
            "'upstreams' only\n"
            "f:4:6: 'upstreams' is missing, write for example upstreams: [\"127.0.0.1:9001\"]; a "
            "'command' needs a coordinator");
}

}  // namespace
}  // namespace foretide
