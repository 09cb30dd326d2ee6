// The little of HTTP/1.1 (RFC 9112) that a server needs to answer browsers and Prometheus on the
// port of RESP: the head of a request, and the head of a response.
#ifndef SOLOKV_KV_SERVER_HTTP_REQUEST_H_
#define SOLOKV_KV_SERVER_HTTP_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kv {

enum class HttpParse : uint8_t {
  kIncomplete,  // may become a request when more has come
  kNotHttp,     // is none: the peer speaks another protocol
  kComplete,
  kMalformed,
  kTooLarge,
};

// Views of the bytes that were parsed.
struct HttpRequest {
  std::string_view method;
  std::string_view path;           // of the target: up to '?'
  std::string_view authorization;  // empty if there is none
};

// Heads of requests take at most so many bytes.
inline constexpr size_t kMaxHttpHead = 8 << 10;

// Parses the first bytes that a peer has sent. What begins like RESP, or is a line that does not
// end with the version of HTTP, is not HTTP: an inline command may begin with GET, too.
HttpParse ParseHttpRequest(std::string_view bytes, HttpRequest* request);

struct HttpCredentials {
  std::string user;
  std::string password;
};

// What Authorization says by the schemes Basic (RFC 7617) and Bearer (RFC 6750), whose token is the
// password of the user "default". Nothing if it is malformed.
std::optional<HttpCredentials> ParseAuthorization(std::string_view authorization);

// The head of a response after which the connection ends. `reason`: "200 OK".
std::string HttpResponseHead(std::string_view reason, std::string_view content_type,
                             size_t content_size);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_HTTP_REQUEST_H_
