#include "deploy/cli/svg.hpp"

#include <cmath>
#include <cstdio>
#include <utility>

#include "common/utf8.hpp"

namespace foretide::cli {
namespace {

// "12.3", "12": a decimal only where there is one.
std::string number(double value) {
  const double rounded = std::round(value * 10.0) / 10.0;
  char text[32];
  std::snprintf(text, sizeof text, rounded == std::floor(rounded) ? "%.0f" : "%.1f", rounded);
  return text;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : mended_utf8(text)) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '"') {
      safe += "&quot;";
    } else {
      safe += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return safe;
}

std::string at(const char* x, const char* y, SvgPoint point) {
  return std::string(x) + "=\"" + number(point.x) + "\" " + y + "=\"" + number(point.y) + "\"";
}

}  // namespace

void SvgPath::add(char verb, SvgPoint to) {
  text_ += verb + number(to.x) + ' ' + number(to.y);
}

void SvgPath::box(SvgPoint corner, double width, double height) {
  move(corner);
  text_ += 'h' + number(width) + 'v' + number(height) + 'h' + number(-width);
  close();
}

Svg::Svg(double width, double height) {
  const std::string w = number(width), h = number(height);
  out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h +
         "\" viewBox=\"0 0 " + w + " " + h +
         "\" font-family=\"'DejaVu Sans', Verdana, Arial, sans-serif\">\n";
  rect({0, 0}, width, height, "fill=\"#fff\"");
}

void Svg::path(const SvgPath& path, const std::string& attributes) {
  if (!path.is_empty()) out_ += "<path d=\"" + path.text() + "\" " + attributes + "/>\n";
}

void Svg::line(SvgPoint from, SvgPoint to, const std::string& attributes) {
  out_ += "<line " + at("x1", "y1", from) + " " + at("x2", "y2", to) + " " + attributes + "/>\n";
}

void Svg::rect(SvgPoint corner, double width, double height, const std::string& attributes) {
  out_ += "<rect " + at("x", "y", corner) + " width=\"" + number(width) + "\" height=\"" +
          number(height) + "\" " + attributes + "/>\n";
}

void Svg::text(SvgPoint point, const std::string& text, const SvgText& style) {
  out_ += "<text " + at("x", "y", point) + " font-size=\"" + std::to_string(style.size) +
          "\" fill=\"" + style.fill + "\" text-anchor=\"" + style.anchor + "\"";
  if (style.is_bold) out_ += " font-weight=\"bold\"";
  if (style.turned_degrees != 0) {
    out_ += " transform=\"rotate(" + std::to_string(style.turned_degrees) + " " + number(point.x) +
            " " + number(point.y) + ")\"";
  }
  out_ += ">" + escaped(text) + "</text>\n";
}

std::string Svg::finish() {
  out_ += "</svg>\n";
  return std::move(out_);
}

}  // namespace foretide::cli
