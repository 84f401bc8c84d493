// The coordinator's end of the channel: hears agents, balancers and joiners, and speaks to them.
//
// Enrolment is settled here and never reaches the core. Everything else becomes an event. Messages
// go to one session of one key and to no other; where that session's connection is not known they
// are dropped, since levels repair the loss. Complaints about one peer are logged at most once in
// ten seconds.
//
// Lives on the coordinator's thread; the channel's own thread only moves bytes.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/address.hpp"
#include "common/io/zmq_channel.hpp"
#include "common/result.hpp"
#include "common/wire/messages.hpp"
#include "coordinator/io/enrolment.hpp"
#include "coordinator/io/peer_inbox.hpp"

namespace foretide::coordinator {

class PeerGateway {
 public:
  struct Settings {
    Address control, telemetry;
    KeyPair keys;
  };
  using OnHappening = std::function<void(Happening)>;

  // Binds before it returns. `enrolment` outlives the gateway.
  static Result<std::unique_ptr<PeerGateway>> open(boost::asio::io_context& owner,
                                                   Settings settings, Enrolment& enrolment,
                                                   OnHappening on_happening);

  Address bound(Lane lane) const { return server_->bound(lane); }
  // To one session of the agent or balancer of that name.
  void send(wire::Role role, const std::string& name, const std::string& session, Stamp stamp,
            wire::Body body);
  // To be called whenever who may connect has changed, and now and then.
  void admit(WallTime wall);

  ChannelCounts channel_counts() const { return server_->counts(); }
  const InboxCounts& inbox_counts() const { return inbox_.counts(); }

 private:
  PeerGateway(Enrolment& enrolment, OnHappening on_happening);
  void hear(Arrival arrival);
  void answer(const TokenSpoke& spoke);
  void complain(const std::string& key, const std::string& text, Instant now);
  wire::Enrolled enrolled_for(const StoredPeer& peer) const;
  std::string encoded(Stamp stamp, wire::Body body);

  Enrolment& enrolment_;
  OnHappening on_happening_;
  PeerInbox inbox_;
  std::string session_;
  std::uint64_t sequence_ = 0;
  std::map<std::string, Instant> complained_;
  std::unique_ptr<ZmqServer> server_;  // last: its callbacks use all of the above
};

// A random session name, sixteen hex digits.
std::string make_session();

}  // namespace foretide::coordinator
