#include "common/settings/front_values.hpp"

namespace foretide::settings {
namespace {

std::vector<std::string> texts_of(const std::vector<Address>& addresses) {
  std::vector<std::string> texts;
  for (const Address& address : addresses) texts.push_back(address.text());
  return texts;
}

std::string format_text(AccessLogSettings::Format format) {
  switch (format) {
    case AccessLogSettings::Format::kJson:
      return "json";
    case AccessLogSettings::Format::kCombined:
      return "combined";
    case AccessLogSettings::Format::kOff:
      break;
  }
  return "off";
}

void add_tls(ValueList& list, const std::optional<TlsSettings>& tls) {
  if (!tls) return;
  list.add("listen.tls", "{...}", SettingValue::Kind::kMap);
  list.list("listen.tls.addresses", texts_of(tls->addresses));
  std::vector<std::string> certificates;
  for (const CertificateFiles& files : tls->certificates) {
    certificates.push_back(files.certificate + " with " + files.key);
  }
  list.list("listen.tls.certificates", certificates);
  list.text("listen.tls.min_version",
            tls->min_version == TlsSettings::Version::k13 ? "1.3" : "1.2");
  if (tls->clients) {
    list.add("listen.tls.clients", "{...}", SettingValue::Kind::kMap);
    list.given("listen.tls.clients.ca", tls->clients->ca);
    list.flag("listen.tls.clients.required", tls->clients->required);
  }
  list.flag("listen.tls.http2", tls->http2);
}

void add_front(ValueList& list, const FrontSettings& front) {
  list.items("listen.trusted_proxies", front.trusted_proxies);
  list.items("listen.proxy_protocol", front.proxy_protocol);
  if (front.connections > 0) list.whole("listen.connections", std::uint64_t{front.connections});
  list.whole("listen.connections_per_client", std::uint64_t{front.connections_per_client});
  if (front.memory_max_bytes > 0) list.bytes("listen.memory_max", front.memory_max_bytes);
  list.duration("listen.head_timeout", front.head_timeout);
  list.duration("listen.idle_timeout", front.idle_timeout);
  list.text("listen.half_closed",
            front.half_closed == FrontSettings::HalfClosed::kServe ? "serve" : "gone");
  list.given("listen.ready_path", front.ready_path);
  list.duration("listen.lame_duck", front.lame_duck);
  list.duration("listen.drain", front.drain);
  list.items("listen.moving_address", front.moving_address);
  list.text("observe.access_log.format", format_text(front.access_log.format));
  list.text("observe.access_log.file", front.access_log.file);
}

}  // namespace

void add_listen(ValueList& list, const ListenSettings& listen) {
  list.list("listen.traffic", texts_of(listen.traffic));
  add_tls(list, listen.tls);
  list.text("listen.admin", listen.admin.text());
  list.text("listen.balancer_admin", listen.balancer_admin.text());
  list.text("listen.control", listen.control.text());
  list.text("listen.telemetry", listen.telemetry.text());
  add_front(list, listen.front);
}

}  // namespace foretide::settings
