// The one place where Boost.Beast's non-template code is compiled
// (BOOST_BEAST_SEPARATE_COMPILATION).
#include <boost/beast/src.hpp>
