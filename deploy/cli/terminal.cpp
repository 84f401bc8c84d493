#include "deploy/cli/terminal.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

namespace foretide::cli {
namespace {

const char* code_of(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kYellow:
      return "\x1b[33m";
    case Style::kRed:
      return "\x1b[31m";
    case Style::kCyan:
      return "\x1b[36m";
  }
  return "";
}

bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

// As many whole characters as fit, control characters blanked (what others wrote must not steer the
// terminal).
std::string cut(const std::string& utf8, std::size_t columns) {
  std::string out;
  for (char byte : utf8) {
    if (starts_character(byte) && columns-- == 0) break;
    const auto value = static_cast<unsigned char>(byte);
    out += value < 0x20 || value == 0x7F ? ' ' : byte;
  }
  return out;
}

// One character as it is seen.
struct Cell {
  std::string text;
  Style style;
  bool blank() const { return text == " "; }
};

std::vector<Cell> cells_of(const Line& line) {
  std::vector<Cell> cells;
  for (const Span& span : line) {
    for (char byte : span.text) {
      if (starts_character(byte) || cells.empty()) cells.push_back({"", span.style});
      cells.back().text += byte;
    }
  }
  return cells;
}

Line line_of(std::span<const Cell> cells, std::size_t indent) {
  Line line;
  if (indent > 0) line.push_back({std::string(indent, ' ')});
  for (const Cell& cell : cells) {
    if (line.empty() || line.back().style != cell.style) line.push_back({"", cell.style});
    line.back().text += cell.text;
  }
  return line;
}

// How many of these cells make a line of that width: up to the last blank that fits, if there is
// one behind the first word.
std::size_t line_end(std::span<const Cell> cells, std::size_t width) {
  if (cells.size() <= width) return cells.size();
  std::size_t end = width;
  while (end > 0 && !cells[end].blank()) --end;
  const bool only_blanks =
      std::all_of(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(end),
                  [](const Cell& cell) { return cell.blank(); });
  return only_blanks ? width : end;
}

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::size_t width_of(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), starts_character));
}

std::string padded(const std::string& utf8, std::size_t columns) {
  const std::string text = cut(utf8, columns);
  return text + std::string(columns - width_of(text), ' ');
}

std::string padded_left(const std::string& utf8, std::size_t columns) {
  const std::string text = cut(utf8, columns);
  return std::string(columns - width_of(text), ' ') + text;
}

std::string text_of(const Line& line, std::size_t columns, bool colours) {
  std::size_t wide = 0;
  for (const Span& span : line) wide += width_of(span.text);
  const bool too_wide = wide > columns;
  std::size_t left = too_wide && columns > 0 ? columns - 1 : columns;
  std::string out;
  for (const Span& span : line) {
    const std::string text = cut(span.text, left);
    left -= std::min(left, width_of(text));
    const bool styled = colours && span.style != Style::kPlain && !text.empty();
    out += styled ? code_of(span.style) + text + "\x1b[0m" : text;
  }
  if (too_wide && columns > 0) out += speaks_utf8() ? "…" : "~";
  return out;
}

std::vector<Line> wrapped(const Line& line, std::size_t columns, std::size_t indent) {
  const std::vector<Cell> cells = cells_of(line);
  std::span<const Cell> left(cells);
  std::vector<Line> lines;
  const std::size_t later = indent * 2 <= columns ? indent : 0;
  do {
    const std::size_t before = lines.empty() ? 0 : later;
    const std::size_t end = line_end(left, std::max<std::size_t>(columns, 1) - before);
    lines.push_back(line_of(left.first(end), before));
    left = left.subspan(end);
    while (!left.empty() && left.front().blank()) left = left.subspan(1);
  } while (!left.empty());
  return lines;
}

void print_wrapped(const Line& line, std::size_t margin, std::size_t indent) {
  const std::size_t whole = width_of(text_of(line, std::string::npos, false));
  const std::size_t columns = is_terminal() ? terminal_size().columns : margin + whole + 1;
  for (const Line& part : wrapped(line, columns > margin ? columns - margin : columns, indent)) {
    put(std::string(margin, ' ') + text_of(part, columns, wants_colours()) + "\n");
  }
}

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && (kind == nullptr || std::strcmp(kind, "dumb") != 0);
}

bool wants_colours() {
  const char* none = std::getenv("NO_COLOR");
  return is_terminal() && (none == nullptr || *none == '\0');
}

bool speaks_utf8() {
  return std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
}

TerminalSize terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

LiveScreen::LiveScreen() {
  put("\x1b[?1049h\x1b[?25l\x1b[2J");
}

LiveScreen::~LiveScreen() {
  put("\x1b[?25h\x1b[?1049l");
}

void LiveScreen::show(const std::vector<Line>& lines) {
  const TerminalSize size = terminal_size();
  const bool colours = wants_colours();
  std::string picture = "\x1b[H";
  for (std::size_t i = 0; i < std::min(lines.size(), size.rows); ++i) {
    if (i > 0) picture += "\r\n";
    picture += text_of(lines[i], size.columns, colours) + "\x1b[K";
  }
  put(picture + "\x1b[J");
}

}  // namespace foretide::cli
