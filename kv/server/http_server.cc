#include "kv/server/http_server.h"

#include <utility>

#include "kv/command/acl.h"
#include "kv/server/dashboard.h"
#include "kv/server/metrics.h"

namespace kv {
namespace {

// What a user has to be allowed to call.
constexpr std::string_view kInfo[] = {"info"};

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

}  // namespace

HttpServer::HttpServer(const Parts& parts)
    : parts_(parts), info_(*parts.table.FindSpecified(kInfo[0])) {}

Speech HttpServer::OnFirstBytes(Connection& connection, std::string_view bytes) {
  HttpRequest request;
  const HttpParse parse = ParseHttpRequest(bytes, &request);
  if (parse == HttpParse::kNotHttp) return Speech::kResp;
  if (parse == HttpParse::kIncomplete) return Speech::kUnknown;
  waiting_.push_back({.client_id = connection.client.id,
                      .parse = parse,
                      .method = std::string(request.method),
                      .path = std::string(request.path),
                      .authorization = std::string(request.authorization)});
  return Speech::kHttp;
}

void HttpServer::Serve() {
  for (const Waiting& request : std::exchange(waiting_, {})) {
    Connection* const connection = parts_.connections.Find(request.client_id);
    if (connection == nullptr || connection->closing()) continue;
    Client& client = connection->client;
    const Response response = Answer(request, client);
    client.output.Append(
        HttpResponseHead(response.reason, response.content_type, response.content.size()));
    client.output.Append(response.more_headers);
    client.output.Append("\r\n");
    if (request.method != "HEAD") client.output.Append(response.content);
    client.SetFlag(kClientCloseAfterReply, true);
    parts_.runner.AddDirty(*connection);
  }
}

bool HttpServer::Authenticate(const Waiting& request, Client& client) const {
  const std::optional<HttpCredentials> credentials = ParseAuthorization(request.authorization);
  if (credentials) {
    parts_.acl.Authenticate(client, credentials->user, credentials->password, "HTTP");
  }
  return client.authenticated();
}

// All that is shown is what INFO tells, too.
bool HttpServer::MayLook(const Client& client) const {
  return !parts_.acl.Check(*client.user, info_, kInfo, client.database);
}

HttpServer::Response HttpServer::Answer(const Waiting& request, Client& client) const {
  if (request.parse == HttpParse::kTooLarge) {
    return {"431 Request Header Fields Too Large", kPlainText, "The request is too large.\n"};
  }
  if (request.parse == HttpParse::kMalformed) {
    return {"400 Bad Request", kPlainText, "The request is malformed.\n"};
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return {"405 Method Not Allowed", kPlainText, "Only GET and HEAD are served.\n",
            "Allow: GET, HEAD\r\n"};
  }
  if (!Authenticate(request, client)) {
    return {"401 Unauthorized", kPlainText, "User and password, please.\n",
            "WWW-Authenticate: Basic realm=\"solokv\", charset=\"UTF-8\"\r\n"};
  }
  if (!MayLook(client)) {
    return {"403 Forbidden", kPlainText, "This needs a user who may call INFO.\n"};
  }
  if (request.path == "/metrics") {
    return {"200 OK", "text/plain; version=0.0.4; charset=utf-8", BuildMetrics(parts_)};
  }
  if (request.path == "/metrics.json") {
    return {"200 OK", "application/json", BuildMetricsJson(parts_)};
  }
  if (request.path == "/") {
    return {"200 OK", "text/html; charset=utf-8", std::string(DashboardPage()),
            "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; script-src "
            "'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'\r\n"};
  }
  return {"404 Not Found", kPlainText, "There are /, /metrics and /metrics.json.\n"};
}

}  // namespace kv
