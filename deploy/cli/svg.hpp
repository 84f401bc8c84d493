// Writes one SVG picture, shape by shape: self-contained, without scripts, styles by attributes, so
// that it looks the same in a browser, a report and an image viewer.
//
// Lengths are pixels, y grows downwards; one decimal is kept, which is finer than anybody sees.
// Texts may hold anything: they are escaped, and what is no UTF-8 or no character of XML 1.0 is
// replaced.
#pragma once

#include <string>

namespace foretide::cli {

struct SvgPoint {
  double x = 0.0, y = 0.0;
};

struct SvgText {
  const char* anchor = "start";  // or "middle", "end"
  int size = 12;
  const char* fill = "#333";
  bool is_bold = false;
  int turned_degrees = 0;  // about its own point
};

// The `d` of a path, built point by point.
class SvgPath {
 public:
  void move(SvgPoint to) { add('M', to); }
  void line(SvgPoint to) { add('L', to); }
  void box(SvgPoint corner, double width, double height);
  void close() { text_ += 'Z'; }
  bool is_empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  void add(char verb, SvgPoint to);
  std::string text_;
};

class Svg {
 public:
  Svg(double width, double height);

  void path(const SvgPath& path, const std::string& attributes);
  void line(SvgPoint from, SvgPoint to, const std::string& attributes);
  void rect(SvgPoint corner, double width, double height, const std::string& attributes);
  void text(SvgPoint at, const std::string& text, const SvgText& style);

  std::string finish();  // the whole file

 private:
  std::string out_;
};

}  // namespace foretide::cli
