// The kernel's table of TCP connections, /proc/net/tcp and tcp6, and how many of those at our ports
// are unfinished: somebody there still waits for bytes.
//
// A program's own sessions are not all: before them are handshakes that the client believes to be
// complete, after them what was written and closed but has not arrived (64 KiB to a phone take a
// second). A peer that has left three repetitions unanswered is gone and not waited for; a
// half-open connection of a scan is such a one after seven seconds.
//
// Source: proc(5), and net/ipv4/tcp_ipv4.c for the columns: slot, local, remote, state, queues,
// timer, repetitions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>

namespace foretide::balancer {

// A line that is none is left out.
std::size_t unfinished_in(std::string_view table, const std::set<std::uint16_t>& local_ports);

}  // namespace foretide::balancer
