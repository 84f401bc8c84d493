// TLS towards the endpoints of one service: whom to trust, under which name, and the sessions that
// spare the next connection a full handshake.
//
// The context and the names are made once for all threads when a table comes (it reads files), the
// sessions are each thread's own. A worker's certificate is checked against the authorities and the
// name by default: the service's `server_name`, else the host as the table names the endpoint
// before it was resolved (an address is checked as an address). A session is used again only under
// the context in which it was begun, or it would carry an unchecked certificate past a check that
// was switched on meanwhile.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "balancer/core/endpoint_set.hpp"
#include "balancer/io/tls_layer.hpp"
#include "common/ids.hpp"
#include "common/result.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

class TlsClient {
 public:
  static Result<std::shared_ptr<const TlsClient>> load(const wire::UpstreamTls& settings);

  SSL_CTX* context() const { return context_.get(); }
  const wire::UpstreamTls& settings() const { return settings_; }

 private:
  TlsClient(wire::UpstreamTls settings, SslContextPtr context)
      : settings_(std::move(settings)), context_(std::move(context)) {}
  wire::UpstreamTls settings_;
  SslContextPtr context_;
};

// Both the name that is asked for and the one that must be proven. False without one.
bool set_tls_name(SSL* ssl, const std::string& name);

// How a table's endpoints are spoken to.
struct EndpointTls {
  std::shared_ptr<const TlsClient> client;  // none: in plain HTTP
  std::map<WorkerId, std::string> hosts;    // as the table has them, before they were resolved
};

// One thread's, for one service. It outlives the connections that it made.
class TlsToEndpoints {
 public:
  // True when connections of before are of no use any more.
  bool apply(EndpointTls tls);

  // Nothing when endpoints speak plain HTTP.
  std::unique_ptr<TlsLayer> layer_for(const Endpoint& endpoint, Stream& stream);
  // Whether the connection was made as one would be made now.
  bool is_current(const Stream& stream) const;

 private:
  friend class EndpointTlsLayer;
  void keep(const WorkerId& endpoint, SslSessionPtr session, const SSL_CTX* begun_under);

  EndpointTls tls_;
  std::map<WorkerId, SslSessionPtr> sessions_;  // at most one for each host
};

}  // namespace foretide::balancer
