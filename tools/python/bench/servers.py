"""The servers that are measured, and the load on them.

Servers run on core 0, the load on core 1. All servers of a comparison run at once; the ones that
are not being measured are stopped (SIGSTOP)."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import resp

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVER_CORE, LOAD_CORE = 0, 1
STOP_SECONDS = 30
START_SECONDS = 10


def pin(core):
    """Keeps this process on a core, where the machine has as many."""
    if core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ping(port):
    """True if a server answers PING, with whatever, at the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"*1\r\n$4\r\nPING\r\n")
            return connection.recv(16).startswith(b"+")
    except OSError:
        return False


class Server:
    """A server process on SERVER_CORE. In its command PORT and DIRECTORY stand for what it gets;
    the directory, in which its UNIX socket may lie, goes with it."""

    def __init__(self, name, command):
        self.name = name
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix="solokv-bench-")
        words = [word.replace("PORT", str(self.port)).replace("DIRECTORY", self.directory)
                 for word in command]
        self.process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.directory,
            preexec_fn=lambda: pin(SERVER_CORE))
        self.started = time.perf_counter()  # Popen returns when the program is executed

    @property
    def pid(self):
        return self.process.pid

    @property
    def socket_path(self):
        return f"{self.directory}/socket"

    def wait_until_up(self):
        """Seconds from the start until it answers."""
        while not ping(self.port):
            if self.process.poll() is not None:
                sys.exit(f"bench: {self.name} ended with status {self.process.returncode}")
            if time.perf_counter() - self.started > START_SECONDS:
                sys.exit(f"bench: {self.name} does not answer")
            time.sleep(0.0002)
        return time.perf_counter() - self.started

    def resident_bytes(self):
        return self._memory("Rss:")

    def data_bytes(self):
        """What is resident and no copy of a file: the system drops and reloads code as it likes."""
        return self._memory("Anonymous:")

    def _memory(self, field):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith(field):
                    return int(line.split()[1]) * 1024
        return 0

    def kept_waiting_seconds(self):
        """How long its first thread could have run, but the core had other work."""
        path = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/schedstat")
        return int(path.read_text(encoding="ascii").split()[1]) / 1e9

    def connect(self, timeout=60):
        return resp.Connection(port=self.port, timeout=timeout)

    def info(self, section):
        with self.connect() as connection:
            return resp.parse_info(connection.run("info", section))

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """In good order, so that a server built to record a profile writes it."""
        self.process.terminate()
        self.resume()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def redis_command(settings=()):
    return ["redis-server", "--port", "PORT", "--save", "", "--appendonly", "no", *settings]


def solokv_command(options, settings=(), server=None):
    backend = ["--event-backend", options.event_backend] if options.event_backend else []
    return [str(pathlib.Path(server or options.server).resolve()), "--port", "PORT", *backend,
            *settings]


def floor_command(options):
    # What `auto` takes where the kernel has it.
    backend = options.event_backend or "io_uring"
    name = "floor_uring" if "uring" in backend else "floor_epoll"
    return [str(options.build / "tools" / name), "PORT"]


@contextlib.contextmanager
def started(name, command):
    """One server, running."""
    server = Server(name, command)
    try:
        server.wait_until_up()
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def running(commands):
    """Servers by name, all paused."""
    with contextlib.ExitStack() as stack:
        servers = {}
        for name, command in commands.items():
            servers[name] = stack.enter_context(started(name, command))
        for server in servers.values():
            server.pause()
        yield servers


def load_command(options, server, *arguments, unix=False):
    place = ["--unix", server.socket_path] if unix else ["--port", server.port]
    words = [options.build / "tools" / "load", *place, "--server-pid", server.pid, *arguments]
    return list(map(str, words))


def load(options, server, *arguments, unix=False):
    """Runs the load generator against a server and returns what it reports."""
    done = subprocess.run(load_command(options, server, *arguments, unix=unix), text=True,
                          capture_output=True, preexec_fn=lambda: pin(LOAD_CORE))
    if done.returncode != 0:
        sys.exit(f"bench: load on {server.name}: {done.stderr or done.stdout}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def background_load(options, server, *arguments):
    """A load that runs meanwhile; yields a list that holds its report after the end."""
    report = []
    process = subprocess.Popen(load_command(options, server, *arguments), text=True,
                               stdout=subprocess.PIPE, preexec_fn=lambda: pin(LOAD_CORE))
    try:
        yield report
        output = process.communicate()[0]
        if process.returncode != 0:
            sys.exit(f"bench: load on {server.name} failed")
        report.append(json.loads(output))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
