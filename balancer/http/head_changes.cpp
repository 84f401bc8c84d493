#include "balancer/http/head_changes.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "balancer/http/field_rules.hpp"
#include "common/ascii.hpp"

namespace foretide::balancer {
namespace {

// The path of "GET /a/b?c HTTP/1.1", with its query.
std::string_view target_in(std::string_view start_line) {
  const auto begin = start_line.find(' ') + 1;
  return start_line.substr(begin, start_line.rfind(' ') - begin);
}

// Without the prefix, if it ends at a path element.
std::string_view stripped(std::string_view target, std::string_view prefix) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!target.starts_with(prefix)) return target;
  const std::string_view rest = target.substr(prefix.size());
  const bool whole = rest.empty() || rest.front() == '/' || rest.front() == '?';
  return whole ? rest : target;
}

}  // namespace

std::size_t change_path(const wire::HeadChanges& changes, std::size_t fields_begin,
                        HeadWriter& head) {
  const std::string_view target = target_in(head.text().substr(0, fields_begin));
  if (!target.starts_with('/')) return fields_begin;  // "*"
  std::string_view added = changes.add_prefix;
  if (added.ends_with('/')) added.remove_suffix(1);
  std::string_view kept = stripped(target, changes.strip_prefix);
  std::string changed{added};
  if (!kept.starts_with('/')) changed += '/';
  changed += kept;
  const auto at = static_cast<std::size_t>(target.data() - head.data());
  const std::size_t former = target.size();
  head.replace(at, former, changed);
  return head.overflow() ? fields_begin : fields_begin - former + changed.size();
}

void change_fields(const wire::HeadChanges& changes, std::size_t fields_begin, HeadWriter& head) {
  if (changes.remove.empty() && changes.set.empty()) return;
  remove_fields(head, fields_begin, [&](std::string_view name) {
    // What a service sets, nobody else can say under a name that the worker reads alike.
    const auto same = [&](std::string_view other) {
      return std::equal(name.begin(), name.end(), other.begin(), other.end(), [](char a, char b) {
        return lower(a == '_' ? '-' : a) == lower(b == '_' ? '-' : b);
      });
    };
    return std::any_of(changes.remove.begin(), changes.remove.end(), same) ||
           std::any_of(changes.set.begin(), changes.set.end(),
                       [&](const wire::HeaderField& field) { return same(field.name); });
  });
  for (const auto& field : changes.set) head.put_field(field.name, field.value);
}

}  // namespace foretide::balancer
