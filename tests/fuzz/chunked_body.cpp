// A chunked body has the same content, and ends or is refused at the same byte, however it arrives;
// no byte behind its end is touched; and written anew in chunks of ours it is the same body.
#include <cstdint>
#include <string>
#include <string_view>

#include "balancer/http/framing.hpp"
#include "common/check.hpp"

namespace {

using namespace foretide::balancer;

struct Body {
  std::string content;
  std::size_t used = 0;
  bool done = false, malformed = false;
};

Body read_in_pieces(std::string_view bytes, std::size_t step) {
  BodyReader reader(Framing::kChunked, 0);
  Body body;
  while (body.used < bytes.size() && !reader.done() && !reader.malformed()) {
    std::string piece(bytes.substr(body.used, step));
    const std::string before = piece;
    const auto taken = reader.take(piece.data(), piece.size());
    CHECK(taken.content <= taken.used && taken.used <= piece.size(), "no more than was given");
    CHECK(taken.used > 0, "bytes are taken, or it is over");
    CHECK(piece.substr(taken.used) == before.substr(taken.used), "what is behind stays untouched");
    body.content += piece.substr(0, taken.content);
    body.used += taken.used;
  }
  body.done = reader.done();
  body.malformed = reader.malformed();
  CHECK(!(body.done && body.malformed), "it is one or the other");
  reader.end_of_input();
  CHECK(reader.done() == body.done, "the connection's end ends no chunked body");
  return body;
}

std::string in_chunks_of_ours(std::string_view content, std::size_t step) {
  std::string bytes;
  while (!content.empty()) {
    const std::string_view piece = content.substr(0, step);
    bytes += ChunkFrame(piece.size()).before();
    bytes += piece;
    bytes += ChunkFrame::kBehind;
    content.remove_prefix(piece.size());
  }
  return bytes += ChunkFrame::kLast;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = 1 + data[0];
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const Body whole = read_in_pieces(bytes, bytes.size() + 1);
  for (const std::size_t pieces : {std::size_t{1}, step}) {
    const Body body = read_in_pieces(bytes, pieces);
    CHECK(body.content == whole.content, "the content does not depend on how it arrives");
    CHECK(body.used == whole.used, "the end does not depend on how it arrives");
    CHECK(body.done == whole.done && body.malformed == whole.malformed, "nor does the verdict");
  }
  const std::string ours = in_chunks_of_ours(whole.content, step);
  const Body again = read_in_pieces(ours + "GET", ours.size() + 3);
  CHECK(again.done && again.content == whole.content, "written anew it is the same body");
  CHECK(again.used == ours.size(), "and nothing of what follows");
  return 0;
}
