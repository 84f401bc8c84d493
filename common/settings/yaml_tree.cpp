#include "common/settings/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "common/settings/source_text.hpp"

namespace foretide::settings {

namespace {

constexpr std::size_t kDepthMost = 32;

YamlNode node_of(YamlNode::Kind kind, Position at) {
  YamlNode node;
  node.kind = kind;
  node.at = at;
  return node;
}

struct TooDeep {
  YAML::Mark mark;
};

// Receives the parser's events and puts the tree together. A map or list under construction is a
// frame; when it ends it moves into the frame below.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, Problems& problems)
      : source_(source), problems_(problems) {}

  // Nothing when what an alias stands for is missing from the tree: what would be told about such a
  // tree would only repeat that.
  std::optional<YamlNode> root() {
    return has_alias_ ? std::nullopt : std::optional(std::move(root_));
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    documents_ += 1;
    if (documents_ != 2) return;
    const bool marked = source_.line(mark.line).starts_with("---");
    problems_.add(position(mark), marked ? "a second document, keep to one per file"
                                         : "not YAML (this belongs to nothing before it), look at "
                                           "the brackets and the indentation");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_marks(mark, "", anchor);
    put(node_of(YamlNode::Kind::kNothing, nothing_position(mark)));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    problems_.add(position(mark), "an alias (*), write the value out");
    has_alias_ = true;
    put(node_of(YamlNode::Kind::kNothing, position(mark)));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_marks(mark, tag, anchor);
    if (!source_.closes_quote(mark.line, mark.column)) {
      problems_.add(position(mark), "a quote that is never closed");
    }
    YamlNode node = node_of(YamlNode::Kind::kScalar, position(mark));
    node.text = value;
    node.quoted = tag == "!";
    put(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    begin(YamlNode::Kind::kList, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    begin(YamlNode::Kind::kMap, mark, tag, anchor, style);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Frame {
    YamlNode node;
    std::optional<std::pair<std::string, Position>> key;  // of a map: waits for its value
    bool skip_value = false;                              // of a map: its key was refused
    std::unordered_map<std::string, int> lines;           // of a map: where each key stands
  };

  Position position(const YAML::Mark& mark) const {
    return source_.position(mark.line, mark.column);
  }

  // The parser gives an empty value the mark of whatever comes next, maybe lines below: the key's
  // position is meant, or in a list the dash that stands before.
  Position nothing_position(const YAML::Mark& mark) const {
    if (!frames_.empty() && frames_.back().key) return frames_.back().key->second;
    for (int line = mark.line; line >= 0; --line) {
      std::string_view before = source_.line(line);
      if (line == mark.line) before = before.substr(0, static_cast<std::size_t>(mark.column));
      const auto last = before.find_last_not_of(' ');
      if (last == std::string_view::npos) continue;
      if (before[last] == '-') return source_.position(line, static_cast<int>(last));
      break;
    }
    return position(mark);
  }

  void refuse_marks(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      problems_.add(position(mark), "an anchor (&), write each value out where it is meant");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      problems_.add(position(mark), "a tag (!), remove it");
    }
  }

  void begin(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    if (frames_.size() >= kDepthMost) throw TooDeep{mark};
    refuse_marks(mark, tag, anchor);
    Frame frame;
    frame.node = node_of(kind, position(mark));
    frame.node.flow = style == YAML::EmitterStyle::Flow;
    frames_.push_back(std::move(frame));
  }

  void end() {
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    put(std::move(node));
  }

  void put(YamlNode node) {
    if (frames_.empty()) {
      if (documents_ <= 1) root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == YamlNode::Kind::kList) {
      frame.node.items.push_back(std::move(node));
    } else if (frame.skip_value) {
      frame.skip_value = false;
    } else if (frame.key) {
      auto [key, key_at] = *std::exchange(frame.key, std::nullopt);
      frame.node.entries.push_back({std::move(key), key_at, std::move(node)});
    } else {
      take_key(frame, std::move(node));
    }
  }

  void take_key(Frame& frame, YamlNode node) {
    if (node.kind != YamlNode::Kind::kScalar) {
      problems_.add(node.at, "a key that is not plain text, put it in quotes if it is meant");
      frame.skip_value = true;
      return;
    }
    const auto [known, is_new] = frame.lines.try_emplace(node.text, node.at.line);
    if (!is_new) {
      problems_.add(node.at, "'" + node.text + "' is given twice, first on line " +
                                 std::to_string(known->second));
      frame.skip_value = true;
      return;
    }
    frame.key = {std::move(node.text), node.at};
  }

  const SourceText& source_;
  Problems& problems_;
  std::vector<Frame> frames_;
  YamlNode root_;
  int documents_ = 0;
  bool has_alias_ = false;
};

// A command that begins with a placeholder, or holds one inside brackets, is read as a map by YAML.
bool holds_placeholder(std::string_view line) {
  return line.find("{port}") != std::string_view::npos ||
         line.find("{host}") != std::string_view::npos;
}

// A value that begins with a star names an anchor in YAML, where people mean a cron expression:
// "*/5 * * * *". Where the value begins that YAML stumbled over, perhaps at a later star of it.
std::optional<int> bare_star(const SourceText& source, const YAML::Mark& mark,
                             const std::string& what) {
  const bool is_of_alias = what.find("alias") != std::string::npos ||
                           what.find("anchor is not defined") != std::string::npos;
  if (!is_of_alias) return std::nullopt;
  const std::string_view line = source.line(mark.line);
  const auto from = static_cast<std::size_t>(std::max(0, mark.column));
  const std::size_t star = line.rfind('*', from);
  if (star == std::string_view::npos) return std::nullopt;
  const std::size_t before = line.find_last_not_of("*/,- 0123456789", star);
  return static_cast<int>(line.find('*', before == std::string_view::npos ? 0 : before));
}

std::string syntax_problem(const SourceText& source, const YAML::Mark& mark,
                           const std::string& what) {
  if (holds_placeholder(source.line(mark.line)) || holds_placeholder(source.line(mark.line - 1))) {
    return "not YAML (" + what + "), put a text that holds {port} or {host} in quotes";
  }
  if (what == "illegal map value") {
    return "not YAML (" + what +
           "), put a value that holds ': ' in quotes, or look at the indentation";
  }
  return "not YAML (" + what + "), look for a missing bracket, quote or indent here or just before";
}

}  // namespace

const YamlEntry* YamlNode::find(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

std::optional<YamlNode> yaml_tree_for(std::string_view yaml, Problems& problems) {
  const SourceText source(yaml);
  if (!source.check(problems)) return std::nullopt;
  TreeBuilder builder(source, problems);
  try {
    std::istringstream stream{std::string(source.text())};
    YAML::Parser parser(stream);
    // Two at most: on a stray bracket or comma the parser answers documents without end.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    return builder.root();
  } catch (const TooDeep& deep) {
    problems.add(source.position(deep.mark.line, deep.mark.column),
                 "nested too deeply, 32 levels at most");
  } catch (const YAML::Exception& error) {
    if (const auto star = bare_star(source, error.mark, error.msg)) {
      problems.add(source.position(error.mark.line, *star),
                   "a value that begins with * (in YAML it stands for another value), put it in "
                   "quotes such as \"*/5 * * * *\"");
      return std::nullopt;
    }
    problems.add(source.position(error.mark.line, error.mark.column),
                 syntax_problem(source, error.mark, error.msg));
  } catch (const std::exception& error) {
    problems.add({}, std::string("not YAML (") + error.what() + ")");
  }
  return std::nullopt;
}

}  // namespace foretide::settings
