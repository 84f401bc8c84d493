#include "balancer/http/head_changes.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "balancer/core/plain_path.hpp"
#include "balancer/http/field_rules.hpp"
#include "common/ascii.hpp"

namespace foretide::balancer {
namespace {

// The target of "GET /a/b?c HTTP/1.1".
std::string_view target_in(std::string_view start_line) {
  const auto begin = start_line.find(' ') + 1;
  return start_line.substr(begin, start_line.rfind(' ') - begin);
}

// Without the prefix, if it ends at a path element.
std::string_view stripped(std::string_view path, std::string_view prefix) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!path.starts_with(prefix)) return path;
  const std::string_view rest = path.substr(prefix.size());
  return rest.empty() || rest.front() == '/' ? rest : path;
}

std::string with_prefixes(std::string_view path, const wire::HeadChanges& changes) {
  std::string_view added = changes.add_prefix;
  if (added.ends_with('/')) added.remove_suffix(1);
  const std::string_view kept = stripped(path, changes.strip_prefix);
  std::string changed{added};
  if (!kept.starts_with('/')) changed += '/';
  changed += kept;
  return changed;
}

// As a path is written (RFC 3986 section 3.3).
std::string encoded(std::string_view path) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/", kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool as_it_is = is_letter(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
    if (as_it_is) {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

// The service was chosen by the path as servers read it, so its prefixes change that one. A path
// that they cannot be put on as it came ("//api/x", "/api/../x") is sent in its plain form.
std::string changed_path(std::string_view path, const wire::HeadChanges& changes) {
  std::string memory, read_again;
  std::string changed = with_prefixes(path, changes);
  const std::string_view plain = plain_path(path, memory);
  if (plain.data() == path.data()) return changed;
  const std::string wanted = with_prefixes(plain, changes);
  return plain_path(changed, read_again) == wanted ? changed : encoded(wanted);
}

}  // namespace

std::size_t change_path(const wire::HeadChanges& changes, std::size_t fields_begin,
                        HeadWriter& head) {
  const std::string_view target = target_in(head.text().substr(0, fields_begin));
  if (!target.starts_with('/')) return fields_begin;  // "*"
  if (changes.strip_prefix.empty() && changes.add_prefix.empty()) return fields_begin;
  const auto query = std::min(target.find('?'), target.size());
  std::string changed = changed_path(target.substr(0, query), changes);
  changed += target.substr(query);
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
