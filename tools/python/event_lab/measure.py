"""Processes of the lab and what can be read from outside of them."""

import contextlib
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_SECONDS = 15
STOP_SECONDS = 5
CORES = sorted(os.sched_getaffinity(0))
# The load has the last core for itself, if there is more than one.
LOAD_CORES = CORES[-1:]
# Descriptors that a process needs beside its connections.
OWN_DESCRIPTORS = 64


class Failed(Exception):
    """What was to be measured does not work here; the text says why."""


def raise_descriptor_limit():
    """Takes the whole limit of descriptors; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def server_cores(count):
    spare = CORES[:-1] or CORES
    return set(spare[:count])


class Server:
    """A server process that prints its port when it is up."""

    def __init__(self, command, cores=1, tracer=()):
        self.errors = tempfile.TemporaryFile("w+")
        pinned = server_cores(cores) if cores else set(CORES)
        self.process = subprocess.Popen(
            [*tracer, *command], stdout=subprocess.PIPE, stderr=self.errors, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, pinned))
        self.output = ""
        self.pid = self.process.pid
        try:
            self.port = self._read_port()
        except BaseException:
            self.stop()
            raise
        if tracer:
            self.pid = self._traced_child()

    def _read_port(self):
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if line.strip().isdigit():
            return int(line)
        self.errors.seek(0)
        raise Failed((self.errors.read().strip().splitlines() or ["does not start"])[-1])

    def _traced_child(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return int(pathlib.Path(path).read_text().split()[0])

    def cpu_seconds(self):
        """User and system time of all its threads, those that ended included."""
        # How Linux names the CPU clock of another process: clock_getcpuclockid(3).
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def finish(self):
        """Waits until it has ended; what it printed last is in `output`."""
        if self.errors.closed:
            return
        try:
            self.output, _ = self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.process.kill()
            self.process.communicate()
        self.errors.close()

    def stop(self):
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        self.finish()


@contextlib.contextmanager
def running(command, **options):
    server = Server(command, **options)
    try:
        yield server
    finally:
        server.stop()


def load(build, server, seconds=0, requests=0, clients=1, idle=0, rate=0, size=0, warmup=0):
    """Offers a server a PING load, or an echo of `size` bytes; what the load measured."""
    words = ["--port", server.port, "--clients", clients, "--idle", idle, "--rate", rate,
             "--warmup", warmup, "--server-pid", server.pid]
    words += ["--requests", requests] if requests else ["--seconds", seconds]
    words += ["--command", "echo", "--value-size", size] if size else ["--command", "ping"]
    limit = seconds + START_SECONDS + idle / 500
    try:
        done = subprocess.run(
            [str(build / "tools" / "load"), *map(str, words)], capture_output=True, text=True,
            timeout=limit, preexec_fn=lambda: os.sched_setaffinity(0, set(LOAD_CORES)))
    except subprocess.TimeoutExpired:
        raise Failed(f"no answer within {limit:.0f} s") from None
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or "the load failed")
    return json.loads(done.stdout)


# Calls of input, output, waiting and waking; not those of starting and of memory.
TRACED = re.compile(r"^(p?read(v|64)?|p?write(v|64)?|recv(from|m?msg)|send(to|m?msg)|p?select6?|"
                    r"p?poll|epoll_(ctl|p?wait2?)|io_uring_enter|futex|kevent)$")


def count_system_calls(command, use):
    """The system calls that a server makes while `use(server)` runs, start and end included."""
    with tempfile.NamedTemporaryFile("r") as table:
        tracer = ("strace", "-f", "-c", "-o", table.name)
        with running(command, tracer=tracer) as server:
            use(server)
        total = 0
        for line in pathlib.Path(table.name).read_text().splitlines():
            fields = line.split()
            if len(fields) >= 5 and fields[3].isdigit() and TRACED.match(fields[-1]):
                total += int(fields[3])
        return total


def can_trace():
    """Why system calls cannot be counted, or nothing."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-c", "true"], capture_output=True, text=True)
    return "" if done.returncode == 0 else "strace is not permitted"


@contextlib.contextmanager
def connections(port, count):
    """So many connections, each of which has exchanged 1 KiB."""
    message = b"+" + b"x" * 1021 + b"\r\n"
    sockets = []
    try:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sockets.append(connection)
            connection.sendall(message)
            received = 0
            while received < len(message):
                piece = len(connection.recv(len(message)))
                if piece == 0:
                    raise Failed(f"refuses connection {len(sockets)}")
                received += piece
        yield
    except OSError as error:
        raise Failed(f"connection {len(sockets)}: {error}") from None
    finally:
        for connection in sockets:
            connection.close()


def kernel_stack_bytes():
    """Of all threads of the system."""
    text = pathlib.Path("/proc/meminfo").read_text()
    return int(re.search(r"KernelStack:\s+(\d+)", text)[1]) * 1024


def connect_in_bursts(port, count, burst):
    """Connects to a server that closes what it accepts, `burst` connections at a time."""
    for _ in range(0, count, burst):
        sockets = []
        for _ in range(burst):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
            sockets.append(connection)
        for connection in sockets:
            connection.settimeout(START_SECONDS)
            with contextlib.suppress(ConnectionError):
                connection.recv(1)
            connection.close()


def request_large(port, size, count, use):
    """Asks `count` times for a reply of `size` bytes; calls `use` after the first reply."""
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as connection:
        for i in range(count + 1):
            connection.sendall(b"?")
            left = size
            while left > 0:
                received = connection.recv_into(buffer, min(left, len(buffer)))
                if received == 0:
                    raise Failed("the kernel does not offer it")
                left -= received
            if i == 0:
                use()


def run_json(command, timeout):
    """Runs a program that prints one line of JSON."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or f"exit code {done.returncode}")
    return json.loads(done.stdout)
