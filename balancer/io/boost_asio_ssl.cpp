// The one place where the non-template code of Boost.Asio's TLS is compiled, which probes alone
// use; requests go by OpenSSL over the balancer's own sockets.
#include <boost/asio/ssl/impl/src.hpp>
