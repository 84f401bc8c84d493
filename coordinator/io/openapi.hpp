// The description of the admin API in OpenAPI 3.1, written from the list of its calls.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace foretide::coordinator {

struct ApiCall {
  std::string_view method;                       // "GET" or "POST"
  std::string_view path;                         // "/v1/services/{name}"
  std::string_view summary;                      // a sentence
  std::string_view answer = "application/json";  // content type of a good answer
  std::string_view takes = {};                   // content type of the body, if it takes one
  std::string_view example = {};                 // of that body
  std::string_view query = {};   // "limit: how many; …", one parameter each, by ';'
  bool is_open = false;          // needs no token
  std::string_view schema = {};  // of a good answer, if openapi_schemas.hpp describes it
};

std::string openapi_json(std::span<const ApiCall> calls, std::string_view version);

}  // namespace foretide::coordinator
