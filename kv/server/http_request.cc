#include "kv/server/http_request.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/command/arguments.h"

namespace kv {
namespace {

constexpr size_t kMaxMethod = 7;  // OPTIONS, CONNECT

bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}

// Takes the next line, without its end, off `bytes`; nothing if it has not come whole.
std::optional<std::string_view> TakeLine(std::string_view* bytes) {
  const size_t end = bytes->find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = bytes->substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  bytes->remove_prefix(end + 1);
  return line;
}

std::string_view Trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Whether these bytes may begin a request line: "GET /".
bool MayBeRequestLine(std::string_view bytes) {
  size_t i = 0;
  while (i < bytes.size() && IsUpper(bytes[i])) ++i;
  if (i > kMaxMethod) return false;
  if (i == bytes.size()) return true;
  if (i == 0 || bytes[i] != ' ') return false;
  return i + 1 == bytes.size() || bytes[i + 1] == '/';
}

bool ParseRequestLine(std::string_view line, HttpRequest* request) {
  const size_t method_end = line.find(' ');
  const size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || target_end <= method_end) return false;
  const std::string_view version = line.substr(target_end + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  request->method = line.substr(0, method_end);
  request->path = target.substr(0, target.find('?'));
  return true;
}

}  // namespace

HttpParse ParseHttpRequest(std::string_view bytes, HttpRequest* request) {
  const bool is_large = bytes.size() > kMaxHttpHead;
  if (!MayBeRequestLine(bytes)) return HttpParse::kNotHttp;
  std::string_view rest = bytes.substr(0, kMaxHttpHead);
  const HttpParse unfinished = is_large ? HttpParse::kTooLarge : HttpParse::kIncomplete;
  const std::optional<std::string_view> first = TakeLine(&rest);
  if (!first) return unfinished;
  if (!ParseRequestLine(*first, request)) return HttpParse::kNotHttp;
  request->authorization = {};
  while (const std::optional<std::string_view> line = TakeLine(&rest)) {
    if (line->empty()) return HttpParse::kComplete;
    const size_t colon = line->find(':');
    if (colon == std::string_view::npos || colon == 0) return HttpParse::kMalformed;
    if (EqualsIgnoreCase(line->substr(0, colon), "authorization")) {
      request->authorization = Trim(line->substr(colon + 1));
    }
  }
  return unfinished;
}

std::optional<HttpCredentials> ParseAuthorization(std::string_view authorization) {
  const size_t end = authorization.find(' ');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = authorization.substr(0, end);
  const std::string_view rest = Trim(authorization.substr(end));
  if (EqualsIgnoreCase(scheme, "bearer")) return HttpCredentials{"default", std::string(rest)};
  if (!EqualsIgnoreCase(scheme, "basic")) return std::nullopt;
  std::string text;
  if (!absl::Base64Unescape(Absl(rest), &text)) return std::nullopt;
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  HttpCredentials credentials{text.substr(0, colon), text.substr(colon + 1)};
  if (credentials.user.empty()) credentials.user = "default";
  return credentials;
}

std::string HttpResponseHead(std::string_view reason, std::string_view content_type,
                             size_t content_size) {
  return absl::StrCat("HTTP/1.1 ", Absl(reason), "\r\nContent-Type: ", Absl(content_type),
                      "\r\nContent-Length: ", content_size,
                      "\r\nConnection: close\r\nCache-Control: no-store\r\n"
                      "X-Content-Type-Options: nosniff\r\n");
}

}  // namespace kv
