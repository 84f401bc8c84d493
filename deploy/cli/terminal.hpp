// The terminal, as far as the live view needs it: how large it is now, whether colours are wanted,
// and a picture that is replaced in place.
//
// Text is made of spans with a style, cut to the width by what is seen, not by bytes. Colours are
// used on a terminal only and never when NO_COLOR is set. Where the locale is not UTF-8, bars are
// made of ASCII.
#pragma once

#include <string>
#include <vector>

namespace foretide::cli {

enum class Style { kPlain, kBold, kDim, kGreen, kYellow, kRed, kCyan };

struct Span {
  std::string text;  // UTF-8, no control characters
  Style style = Style::kPlain;
};
using Line = std::vector<Span>;

std::size_t width_of(const std::string& utf8);
// Cut or filled with blanks to exactly so many columns.
std::string padded(const std::string& utf8, std::size_t columns);
std::string padded_left(const std::string& utf8, std::size_t columns);
// At most `columns` wide; a cut line ends in "…" or "~". Control characters become blanks.
std::string text_of(const Line& line, std::size_t columns, bool colours);

// The line as lines of at most `columns`, broken between words; those after the first are indented.
// Only a word that is longer than a line is broken itself. What is too narrow to indent is not.
std::vector<Line> wrapped(const Line& line, std::size_t columns, std::size_t indent);
// To stdout below `margin` blanks, wrapped where that is a terminal and whole where it is not.
void print_wrapped(const Line& line, std::size_t margin, std::size_t indent);

bool is_terminal();  // stdout
bool wants_colours();
bool speaks_utf8();

struct TerminalSize {
  std::size_t columns = 80, rows = 24;
};
TerminalSize terminal_size();

// Shows one picture after another on a screen of its own, and gives the terminal back as it was.
class LiveScreen {
 public:
  LiveScreen();
  ~LiveScreen();
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  void show(const std::vector<Line>& lines);
};

}  // namespace foretide::cli
