#!/usr/bin/env python3
"""The page of a server in headless Chromium: dashboard_test.py SOLOKV_SERVER

Skipped, with the reason, where there is no Chromium.
"""

import base64
import contextlib
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SECONDS = 60
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def request(*arguments):
    """The request as RESP has it."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        parts.append(b"$%d\r\n%s\r\n" % (len(argument.encode()), argument.encode()))
    return b"".join(parts)


@contextlib.contextmanager
def serving(*options):
    """A server with a page; yields its port."""
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            [SERVER, "--port", "auto", "--port-file", "port", "--dir", directory, "--bind",
             "127.0.0.1", "--http-enabled", "yes", "--save", "", *options],
            stdout=subprocess.DEVNULL)
        try:
            path = pathlib.Path(directory, "port")
            deadline = time.monotonic() + SECONDS
            while not (path.exists() and path.read_text()) and time.monotonic() < deadline:
                time.sleep(0.01)
            yield int(path.read_text())
        finally:
            process.terminate()
            process.wait()


def run(port, requests):
    """Runs them, and waits until the last is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(b"".join(requests) + request("echo", "the end"))
        received = b""
        while b"the end" not in received:
            received += connection.recv(1 << 16)


@unittest.skipIf(BROWSER is None, "chromium is not installed")
class DashboardTest(unittest.TestCase):
    """What the page shows after some seconds of its own time."""

    def shown(self, url):
        """The page as the browser has it after a while."""
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                 "--no-first-run", "--disable-background-networking", "--disable-component-update",
                 "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
                 f"--user-data-dir={profile}", "--virtual-time-budget=4000", "--dump-dom", url],
                capture_output=True, text=True, timeout=SECONDS, check=False)
        self.assertIn("<html", done.stdout, done.stderr[-500:])
        return done.stdout

    def text_of(self, page, place):
        """What stands in the element with this id, without its marks."""
        found = re.search(rf'id="{place}"[^>]*>(.*?)</(?:section|header)>', page, flags=re.S)
        self.assertIsNotNone(found, place)
        return re.sub(r"<[^>]+>", " ", found[1])

    def test_shows_what_the_server_does(self):
        with serving("--slowlog-log-slower-than", "0") as port:
            run(port, [request("set", f"user:{i}", "x" * 100) for i in range(50)] +
                [request("get", "<b>hot</b>")] * 30)
            page = self.shown(f"http://127.0.0.1:{port}/")
        root = dict(re.findall(r'data-(\w+)="([^"]*)"', re.search(r"<html[^>]*>", page)[0]))
        self.assertGreaterEqual(int(root["updates"]), 2, root)
        self.assertEqual(root["errors"], "0")
        self.assertNotIn("lost", root)
        self.assertRegex(page, r'id="state"[^>]*>live<')
        self.assertRegex(page, rf"on port {port}, up \d+s")
        self.assertRegex(self.text_of(page, "hot"), r"hot.*\s30\s")
        self.assertRegex(self.text_of(page, "prefixes"), r"user:\s+0\s+50\s")
        self.assertRegex(self.text_of(page, "commands"), r"\bset\s+50\b")
        self.assertRegex(self.text_of(page, "slow"), r"(set user:|get|echo)")
        # Names of keys are text, whatever they look like.
        self.assertIn("&lt;b&gt;hot&lt;/b&gt;", page)
        self.assertGreaterEqual(page.count("<polyline"), 6 + 2 + 4)

    def test_says_when_the_server_is_gone(self):
        with serving() as port:
            page = self.page_of(port)
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "page.html")
            path.write_text(page, encoding="utf-8")
            self.assertRegex(self.shown(path.as_uri()), r'id="state"[^>]*>no answer')

    def page_of(self, port, *headers):
        """The reply to a GET of the page, without its head."""
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            lines = ["GET / HTTP/1.1", "Host: x", *headers, "", ""]
            connection.sendall("\r\n".join(lines).encode())
            received = b""
            while part := connection.recv(1 << 16):
                received += part
        return received.partition(b"\r\n\r\n")[2].decode()

    def test_the_password_is_asked_for(self):
        with serving("--requirepass", "secret") as port:
            self.assertNotIn("<html", self.page_of(port))
            token = base64.b64encode(b"default:secret").decode()
            self.assertIn("<html", self.page_of(port, f"Authorization: Basic {token}"))
            page = self.shown(f"http://default:secret@127.0.0.1:{port}/")
        self.assertRegex(page, r'id="state"[^>]*>(live|no answer)')


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    unittest.main()
