"""A client for Redis's protocol, RESP2: enough to ask a server about itself."""

import socket


class ReplyError(Exception):
    """An error reply; its text begins with the error's code."""


class Connection:
    """A connection to a server. Raises OSError if it cannot be made or breaks."""

    def __init__(self, host="127.0.0.1", port=6379, path=None, timeout=10.0):
        if path:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(timeout)
            try:
                self._socket.connect(path)
            except OSError:
                self._socket.close()
                raise
        else:
            self._socket = socket.create_connection((host, port), timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = self._socket.makefile("rb")

    def close(self):
        self._input.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def settimeout(self, seconds):
        self._socket.settimeout(seconds)

    def run(self, *words):
        """The reply to one request; raises ReplyError for an error."""
        reply = self.pipeline([words])[0]
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def pipeline(self, requests):
        """The replies to several requests sent at once, errors among them as ReplyError."""
        self.send(b"".join(encode(words) for words in requests))
        return [self._receive() for _ in requests]

    def send(self, data):
        """Sends bytes as they are."""
        self._socket.sendall(data)

    def receive(self):
        """The next reply; raises ReplyError for an error."""
        reply = self._receive()
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def _receive(self):
        line = self._input.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode(errors="replace")
        if kind == b"-":
            return ReplyError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self._receive_bulk(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else [self._receive() for _ in range(int(rest))]
        raise ConnectionError(f"no reply of RESP2 begins with {kind!r}")

    def _receive_bulk(self, size):
        if size < 0:
            return None
        data = self._input.read(size + 2)
        if len(data) != size + 2:
            raise ConnectionError("the server closed the connection")
        return data[:-2].decode(errors="replace")


def encode(words):
    """A request as an array of bulk strings."""
    arguments = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    parts = [b"*%d\r\n" % len(arguments)]
    parts += [b"$%d\r\n%s\r\n" % (len(argument), argument) for argument in arguments]
    return b"".join(parts)


def parse_info(text):
    """INFO's fields by name, as text."""
    lines = (line for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return dict(line.split(":", 1) for line in lines)


def pairs(reply):
    """A map as RESP2 sends it, name and value in turn."""
    return dict(zip(reply[::2], reply[1::2]))
