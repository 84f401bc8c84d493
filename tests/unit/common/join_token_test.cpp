#include "common/join_token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/io/zmq_channel.hpp"
#include "common/text_codes.hpp"

namespace foretide {
namespace {

using testing::HasSubstr;

JoinToken sample() {
  return {wire::Role::kBalancer, make_key_pair().public_key, make_key_pair().secret_key};
}

TEST(TextCodes, Base64UrlIsThatOfItsRfc) {
  EXPECT_EQ(base64url_encoded(""), "");
  EXPECT_EQ(base64url_encoded("f"), "Zg");
  EXPECT_EQ(base64url_encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encoded("\xFB\xFF"), "-_8");
  for (const std::string bytes : {"", "f", "fo", "foo", "foob"}) {
    EXPECT_EQ(base64url_decoded(base64url_encoded(bytes)), bytes);
  }
  for (const char* bad : {"Z", "Zh", "Zg==", "Zg ", "a+b/"}) EXPECT_FALSE(base64url_decoded(bad));
}

TEST(TextCodes, Z85IsThatOfItsRfc) {
  EXPECT_EQ(z85_encoded("\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B"), "HelloWorld");
  EXPECT_EQ(z85_decoded("HelloWorld"), "\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B");
  EXPECT_FALSE(z85_decoded("Hello~orld"));
  EXPECT_FALSE(z85_decoded("#####"));  // more than 32 bits
  EXPECT_FALSE(z85_decoded("four"));
  EXPECT_FALSE(z85_encoded("three"));
}

TEST(JoinToken, ComesBackAsItWasMade) {
  const JoinToken token = sample();
  const std::string text = join_token_text(token);
  EXPECT_TRUE(text.starts_with("ft1.b."));
  EXPECT_EQ(text.size(), 6u + 43 + 1 + 43);
  const auto parsed = parse_join_token("  " + text + "\n");
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(*parsed, token);
  EXPECT_TRUE(public_key_for(parsed->secret_key));
}

TEST(JoinToken, SaysWhatIsWrongAndNeverWhatItHolds) {
  const std::string good = join_token_text(sample());
  const auto error_of = [](const std::string& text) {
    const auto parsed = parse_join_token(text);
    return parsed ? std::string("(was read)") : parsed.error();
  };
  EXPECT_THAT(error_of(""), HasSubstr("begins with ft1."));
  EXPECT_THAT(error_of("ft2" + good.substr(3)), HasSubstr("begins with ft1."));
  EXPECT_THAT(error_of(good.substr(0, 20)), HasSubstr("not whole"));
  EXPECT_THAT(error_of(good + ".x"), HasSubstr("not whole"));
  EXPECT_THAT(error_of(good.substr(0, good.size() - 3)), HasSubstr("fourth part"));
  EXPECT_THAT(error_of("ft1.c" + good.substr(5)), HasSubstr("neither a nor b"));
  EXPECT_THAT(error_of("ft1.a.xx." + good.substr(50)), HasSubstr("third part"));
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto parsed = parse_join_token(good.substr(0, size));
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().find(good.substr(6, 10)), std::string::npos);
  }
}

}  // namespace
}  // namespace foretide
