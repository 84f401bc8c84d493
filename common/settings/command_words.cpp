#include "common/settings/command_words.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace foretide::settings {

namespace {

constexpr std::array<std::string_view, 16> kShellWords{
    "&&", "||", "|", "|&", ";", ";;", "&", "<", ">", ">>", "<<", "2>", "2>>", "2>&1", "&>", ">&2"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// One word under construction; `literal` once any of it was quoted, for then it is no shell syntax
// and may also be empty.
struct Word {
  std::string text;
  bool begun = false;
  bool literal = false;

  void add(char c) {
    text += c;
    begun = true;
  }
};

class Splitter {
 public:
  explicit Splitter(std::string_view command) : rest_(command) {}

  Result<std::vector<std::string>> words() {
    while (!rest_.empty()) {
      if (auto error = take()) return *std::move(error);
    }
    if (auto error = finish_word()) return *std::move(error);
    return std::move(words_);
  }

 private:
  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::optional<Error> take() {
    const char c = next();
    if (is_space(c)) return finish_word();
    if (c == '\'') return take_single_quoted();
    if (c == '"') return take_double_quoted();
    if (c != '\\') {
      word_.add(c);
      return std::nullopt;
    }
    if (rest_.empty()) return Error{"ends in a backslash, which keeps nothing"};
    if (const char kept = next(); kept != '\n') {
      word_.add(kept);
      word_.literal = true;
    }
    return std::nullopt;
  }

  std::optional<Error> take_single_quoted() {
    const auto close = rest_.find('\'');
    if (close == std::string_view::npos) return Error{"has a ' that is never closed"};
    word_.text += rest_.substr(0, close);
    word_.begun = word_.literal = true;
    rest_.remove_prefix(close + 1);
    return std::nullopt;
  }

  std::optional<Error> take_double_quoted() {
    word_.begun = word_.literal = true;
    while (!rest_.empty()) {
      const char c = next();
      if (c == '"') return std::nullopt;
      const bool escape =
          c == '\\' && !rest_.empty() &&
          std::string_view("\"\\$`\n").find(rest_.front()) != std::string_view::npos;
      if (!escape) {
        word_.text += c;
      } else if (const char kept = next(); kept != '\n') {
        word_.text += kept;
      }
    }
    return Error{"has a \" that is never closed"};
  }

  std::optional<Error> finish_word() {
    Word word = std::exchange(word_, Word{});
    if (!word.begun) return std::nullopt;
    if (!word.literal &&
        std::find(kShellWords.begin(), kShellWords.end(), word.text) != kShellWords.end()) {
      return Error{"holds '" + word.text +
                   "', but no shell runs it: use sh -c '…', or quote that word"};
    }
    words_.push_back(std::move(word.text));
    return std::nullopt;
  }

  std::string_view rest_;
  Word word_;
  std::vector<std::string> words_;
};

constexpr const char* kSafe =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+{}";

std::string quoted(const std::string& word) {
  if (!word.empty() && word.find_first_not_of(kSafe) == std::string::npos) return word;
  std::string text = "'";
  for (char letter : word) text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
  return Splitter(command).words();
}

std::string command_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + quoted(word);
  return text;
}

}  // namespace foretide::settings
