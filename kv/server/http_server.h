// HttpServer: answers GET and HEAD on the port of RESP, if `http-enabled yes` allows it:
//
//   /               a page that shows the server live
//   /metrics        in Prometheus's text format
//   /metrics.json   what the page shows
//
// Which protocol a peer speaks is told by its first bytes (ParseHttpRequest). One request is
// answered, then the connection ends. Who would have to AUTH has to send the same user and password
// by Basic or Bearer authorization, and the user has to be one who may call INFO. Any other method
// than GET and HEAD is refused with 405, so that no page that a browser shows can post commands;
// without `http-enabled` such lines are left to the dispatcher, which aborts the connection.
#ifndef SOLOKV_KV_SERVER_HTTP_SERVER_H_
#define SOLOKV_KV_SERVER_HTTP_SERVER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/server/connection.h"
#include "kv/server/http_request.h"
#include "kv/server/parts.h"

namespace kv {

class HttpServer final : public HttpListener {
 public:
  // `parts` outlives it, and has all commands already.
  explicit HttpServer(const Parts& parts);

  // Answers the requests that have come.
  void Serve();

  // --- HttpListener ---
  Speech OnFirstBytes(Connection& connection, std::string_view bytes) override;

 private:
  struct Waiting {
    uint64_t client_id;
    HttpParse parse;
    // Copies, since the bytes that came are gone by then.
    std::string method;
    std::string path;
    std::string authorization;
  };

  struct Response {
    std::string_view reason;
    std::string_view content_type;
    std::string content;
    std::string more_headers = {};  // each with its line end
  };

  Response Answer(const Waiting& request, Client& client) const;
  // Whether the client is somebody, by its authorization if need be.
  bool Authenticate(const Waiting& request, Client& client) const;
  bool MayLook(const Client& client) const;

  const Parts& parts_;
  const Command& info_;  // who may call it may look
  std::vector<Waiting> waiting_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_HTTP_SERVER_H_
