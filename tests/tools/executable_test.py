#!/usr/bin/env python3
"""The executable as a process: what it keeps resident, what process listings show of it.

  executable_test.py SERVER [--resident]
"""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

MAX_RESIDENT_BYTES = 4_000_000
STARTS = 5
TIMEOUT_SECONDS = 60

server_path = None
measures_resident = False


class Executable:
    """A running server on a port that it has chosen."""

    def __init__(self, *arguments, environment=None):
        self.directory = tempfile.TemporaryDirectory()
        self.log = pathlib.Path(self.directory.name, "log")
        port_file = pathlib.Path(self.directory.name, "port")
        command = [server_path, "--dir", self.directory.name, "--port", "auto", "--bind",
                   "127.0.0.1", "--port-file", "port", "--logfile", str(self.log), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env=environment)
        wait_for(lambda: port_file.exists() and port_file.read_text().strip())
        self.port = int(port_file.read_text())

    def status(self, name):
        return (pathlib.Path("/proc", str(self.process.pid)) / name).read_text()

    def title(self):
        return self.status("cmdline").rstrip("\0")

    def send(self, text):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(text.encode() + b"\r\n")
            return connection.recv(4096).decode().rstrip()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(TIMEOUT_SECONDS)
        self.directory.cleanup()


@contextlib.contextmanager
def running(*arguments, **options):
    executable = Executable(*arguments, **options)
    try:
        yield executable
    finally:
        executable.close()


def wait_for(condition):
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.005)


class TitleTest(unittest.TestCase):
    def test_shows_program_and_address(self):
        with running() as server:
            self.assertEqual(server.title(), f"{server_path} 127.0.0.1:{server.port}")

    def test_follows_the_template(self):
        with running("--proc-title-template", "kv on {port} {server-mode}") as server:
            self.assertEqual(server.title(), f"kv on {server.port}")
            reply = server.send('config set proc-title-template "{title} is at {listen-addr}"')
            self.assertEqual(reply, "+OK")
            self.assertEqual(server.title(), f"{server_path} is at 127.0.0.1:{server.port}")

    def test_may_be_longer_than_the_arguments(self):
        environment = dict(os.environ, SOLOKV_TIMEOUT="77", FILLER="x" * 2000)
        title = "t" * 1500
        with running("--proc-title-template", title[:100], environment=environment) as server:
            server.send(f"config set proc-title-template {title}")
            self.assertEqual(server.title(), title)
            self.assertTrue(server.send("config get timeout").endswith("77"))

    def test_may_be_left_alone(self):
        with running("--set-proc-title", "no") as server:
            self.assertIn("--set-proc-title\0no", server.title())


class CrashTest(unittest.TestCase):
    def test_reports_the_stack(self):
        with running() as server:
            server.process.send_signal(signal.SIGSEGV)
            self.assertEqual(server.process.wait(TIMEOUT_SECONDS), -signal.SIGSEGV)
            report = server.log.read_text()
            self.assertIn("crashed by signal 11", report)
            frames = [line for line in report.splitlines() if line.endswith("]")]
            self.assertGreater(len(frames), 5)
            self.assertTrue(any("__libc_start_main" in frame for frame in frames), report)


class ResidentTest(unittest.TestCase):
    # How much the kernel maps beside what is touched differs by 0.3 MB from start to start, so the
    # least of several tells most about the program.
    def test_idle_server_is_small(self):
        if not measures_resident:
            self.skipTest("this build is not the one that is shipped")
        sizes = []
        for _ in range(STARTS):
            with running() as server:
                self.assertEqual(server.send("PING"), "+PONG")
                line = next(line for line in server.status("status").splitlines()
                            if line.startswith("VmRSS:"))
                sizes.append(int(line.split()[1]) * 1024)
        print("resident when idle:", sizes, "bytes")
        self.assertLessEqual(min(sizes), MAX_RESIDENT_BYTES)


if __name__ == "__main__":
    server_path = sys.argv[1]
    measures_resident = "--resident" in sys.argv
    unittest.main(argv=sys.argv[:1], verbosity=2)
