// How far bytes of one kind reach, sixteen at a time where the machine has SSE2: most of a message
// head is letters and plain values, and looking at each byte alone is a sixth of what reading a
// head costs.
//
// Both functions return the first byte that is not of the kind, or a byte before it when fewer than
// sixteen are left: the caller goes on from there with its table, one byte at a time.
#pragma once

#ifdef __SSE2__
#include <bit>

#include <emmintrin.h>
#endif

namespace foretide::balancer {

#ifdef __SSE2__
namespace sixteen {

// One bit for each byte of which `mask` holds.
inline unsigned bits_of(__m128i mask) {
  return static_cast<unsigned>(_mm_movemask_epi8(mask));
}

// Letters, digits and '-'.
inline unsigned plain_in(__m128i bytes) {
  const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)),
                                       _mm_cmplt_epi8(lower, _mm_set1_epi8('z' + 1)));
  const __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('0' - 1)),
                                      _mm_cmplt_epi8(bytes, _mm_set1_epi8('9' + 1)));
  const __m128i dash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
  return bits_of(_mm_or_si128(_mm_or_si128(letter, digit), dash));
}

// What is no control character: neither below a space nor DEL.
inline unsigned visible_in(__m128i bytes) {
  const __m128i below_space = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  return bits_of(_mm_or_si128(below_space, del)) ^ 0xffff;
}

template <class Kind>
const char* skip(const char* at, const char* end, Kind kind) {
  while (end - at >= 16) {
    const unsigned others = kind(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) ^ 0xffff;
    if (others != 0) return at + std::countr_zero(others);
    at += 16;
  }
  return at;
}

}  // namespace sixteen

inline const char* skip_plain(const char* at, const char* end) {
  return sixteen::skip(at, end, sixteen::plain_in);
}
inline const char* skip_visible(const char* at, const char* end) {
  return sixteen::skip(at, end, sixteen::visible_in);
}
#else
inline const char* skip_plain(const char* at, const char*) {
  return at;
}
inline const char* skip_visible(const char* at, const char*) {
  return at;
}
#endif

}  // namespace foretide::balancer
