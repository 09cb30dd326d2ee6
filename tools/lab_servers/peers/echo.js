// The lab's server on Node.js: node echo.js [PORT]. Bytes that begin with '*' are PINGs, others are
// echoed (tools/lab_servers/responder.h).
"use strict";
const net = require("node:net");

const ASTERISK = "*".charCodeAt(0);
const PONG = "+PONG\r\n";

function answer(bytes) {
  if (bytes[0] !== ASTERISK) return bytes;
  let pings = 0;
  for (const byte of bytes) if (byte === ASTERISK) ++pings;
  return PONG.repeat(pings);
}

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on("data", (bytes) => socket.write(answer(bytes)));
  socket.on("error", () => socket.destroy());
});
server.listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), backlog: 4096 }, () => {
  console.log(server.address().port);
});
