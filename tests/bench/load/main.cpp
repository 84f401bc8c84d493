// bench-load: HTTP/1.1 clients on loopback for what wrk does not do: TLS with a full handshake for
// every request, latencies from the moment at which a request was due, large bodies, connections
// that only wait.
//
//     bench-load run --port P [--connections 64] [--seconds 3] [--path /] [--body BYTES]
//                    [--rate PER_SECOND] [--requests N] [--new-connections] [--tls] [--sources K]
//         Without --rate each client sends its next request at once; with it requests are due at
//         that rate, evenly, whether or not the former ones are answered in time, and latency
//         counts from then. Ends after the seconds, or after N requests. Prints one line of JSON.
//
//     bench-load hold --port P --connections N [--path /] [--tls] [--sources K]
//         Opens N connections, sends one request on each, prints "holding", and waits until its
//         input ends; then prints how many were still there.
//
// --sources K spreads the clients over the addresses 127.0.0.2 to 127.0.0.(K+1). One thread.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "common/io/descriptor_limit.hpp"
#include "tests/bench/load/load.hpp"

namespace {

using namespace foretide::bench;

std::string head_for(const std::string& path, std::uint64_t body_bytes, bool new_connection) {
  std::string head = body_bytes > 0 ? "POST " : "GET ";
  head += path + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench-load\r\nAccept: */*\r\n";
  if (new_connection) head += "Connection: close\r\n";
  if (body_bytes > 0) {
    head += "Content-Type: application/octet-stream\r\nContent-Length: ";
    head += std::to_string(body_bytes) + "\r\n";
  }
  return head + "\r\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"HTTP/1.1 clients on loopback, for the benches", "bench-load"};
  LoadPlan plan;
  std::string path = "/";
  bool tls = false;
  const auto add_common = [&](CLI::App& command) {
    command.add_option("--port", plan.target.port, "on 127.0.0.1")->required();
    command.add_option("--connections", plan.connections)->capture_default_str();
    command.add_option("--path", path)->capture_default_str();
    command.add_option("--sources", plan.sources)->check(CLI::Range(0, 200));
    command.add_flag("--tls", tls);
  };
  auto& run = *app.add_subcommand("run", "send requests and print what came of them");
  add_common(run);
  run.add_option("--seconds", plan.seconds)->capture_default_str();
  run.add_option("--body", plan.shape.body_bytes, "send POST with that many bytes");
  run.add_option("--rate", plan.rate, "requests a second; as fast as it goes without");
  run.add_option("--requests", plan.requests_max);
  run.add_flag("--new-connections", plan.shape.new_connection);
  auto& hold = *app.add_subcommand("hold", "open connections, use each once, keep them");
  add_common(hold);
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);

  std::signal(SIGPIPE, SIG_IGN);
  foretide::raise_descriptor_limit();
  const TlsContext context = client_tls_context();
  if (tls) plan.target.tls = context.get();
  plan.shape.head = head_for(path, plan.shape.body_bytes, plan.shape.new_connection);
  Load load(plan);
  if (run.parsed()) {
    load.run();
  } else if (!load.hold()) {
    return 1;
  }
  std::puts(load.json().c_str());
}
