"""The longest ticks while something large happens, by INFO eventloop, and the lag of expired keys.

Where nothing else loads the server, a probe of PROBE_RATE GETs a second runs meanwhile: it makes
ticks beside the large work, and its own latency is what clients feel."""

import contextlib
import socket
import time

import resp
from bench import servers as processes
from bench.figures import Figure

MAX_TICK_CPU_MILLIS = 1.0
MAX_TICK_WALL_MILLIS = 1.0  # 99.99 % of them
MAX_EXPIRE_LAG_MILLIS = 10

MILLION = 1_000_000
PROBE_RATE = 10_000
EXPIRE_SECONDS = 10
CHURN_SECONDS, CHURN_PER_SECOND, CHURN_STEP_SECONDS = 10, 1000, 0.01
HUGE_VALUE_BYTES = 1 << 30
PING = resp.encode(["ping"])


def run(options, results):
    results.begin("Latency", "ticks of the event loop by its own measure; CPU of the thread, and "
                             "wall time, which the machine's other work lengthens")
    for case in (insertion, mass_expiry, dropping, churn, expiry_lag):
        case(options, results)


class Watch:
    """The ticks from its making on."""

    def __init__(self, server):
        self.server = server
        with server.connect() as connection:
            connection.run("config", "resetstat")

    def report(self, results, what, probe=()):
        info = self.server.info("eventloop")
        if "eventloop_ticks" not in info:
            raise SystemExit("bench: the server has no INFO eventloop")
        wall = int(info["eventloop_tick_wall_usec_p99_99"]) / 1e3
        longest = int(info["eventloop_tick_wall_usec_max"]) / 1e3
        note = f"p99.99 of the probe {probe[0]['p9999_us'] / 1e3:.2f} ms" if probe else ""
        results.add(Figure(f"{what}: longest CPU of a tick",
                           int(info["eventloop_tick_cpu_usec_max"]) / 1e3, "ms",
                           MAX_TICK_CPU_MILLIS, note=self._slowest()))
        results.add(Figure(f"{what}: p99.99 of wall time", wall, "ms", MAX_TICK_WALL_MILLIS,
                           note=f"{info['eventloop_ticks']} ticks, longest {longest:.2f} ms"
                                + (f", {note}" if note else "")))

    def _slowest(self):
        """What the tick with the most CPU time did."""
        with self.server.connect() as connection:
            ticks = [resp.pairs(tick) for tick in connection.run("latency", "slowticks", "-1")]
        if not ticks:
            return ""
        slowest = max(ticks, key=lambda tick: tick["cpu-usec"])
        phases = {name[:-5]: value for name, value in slowest.items()
                  if name.endswith("-usec") and name[:-5] not in ("wall", "cpu", "wait")}
        phase = max(phases, key=phases.get)
        return f"of it {phase} {phases[phase] / 1e3:.2f} ms, {slowest['commands']} commands"


@contextlib.contextmanager
def server_of(options, settings=()):
    with processes.started("solokv", processes.solokv_command(options, settings)) as server:
        yield server


def probe(options, server, seconds):
    return processes.background_load(options, server, "--command", "get", "--clients", 10, "--keys",
                                     1000, "--rate", PROBE_RATE, "--seconds", seconds)


def fill(options, server, keys, *arguments):
    processes.load(options, server, "--fill", "--keys", keys, "--pipeline", 100, *arguments)


def insertion(options, results):
    keys = options.size(10 * MILLION)
    with server_of(options) as server:
        watch = Watch(server)
        processes.load(options, server, "--fill", "--keys", keys, "--pipeline", 16)
        watch.report(results, f"inserting {keys:,} keys, pipeline 16")


def mass_expiry(options, results):
    keys = options.size(5 * MILLION)
    seconds = options.seconds(EXPIRE_SECONDS)
    with server_of(options) as server:
        begin = time.time() + options.seconds(25)
        fill(options, server, keys, "--command", "setpxat", "--deadline-from", int(begin * 1e3),
             "--deadline-span", int(seconds * 1e3))
        if time.time() > begin:
            raise SystemExit("bench: filling took too long: keys expired meanwhile")
        time.sleep(max(begin - 0.5 - time.time(), 0))
        watch = Watch(server)
        with probe(options, server, seconds + 1) as probed:
            time.sleep(seconds + 1)
        watch.report(results, f"{keys:,} keys expiring in {seconds:.3g} s", probed)
        with server.connect() as connection:
            results.add(Figure("keys that have not expired by then", connection.run("dbsize"), "",
                               0))


def dropping(options, results):
    keys = options.size(10 * MILLION)
    huge = options.size(HUGE_VALUE_BYTES)
    with server_of(options, ("--proto-max-bulk-len", "2gb")) as server:
        fill(options, server, keys)
        drop(options, results, server, f"FLUSHALL of {keys:,} keys", "flushall")
        set_huge(server, huge)
        drop(options, results, server, f"UNLINK of {huge / 1e9:.2f} GB", "unlink", "huge")


def drop(options, results, server, what, *command):
    watch = Watch(server)
    with probe(options, server, options.seconds(4)) as probed, server.connect() as connection:
        time.sleep(options.seconds(0.5))
        connection.run(*command)
        while int(resp.parse_info(connection.run("info", "memory"))["lazyfree_pending_objects"]):
            time.sleep(0.1)
    watch.report(results, what, probed)


def set_huge(server, size):
    """Sends the value in pieces, so that it is not needed here."""
    piece = bytes(1 << 20)
    with server.connect() as connection:
        connection.send(b"*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$%d\r\n" % size)
        for start in range(0, size, len(piece)):
            connection.send(piece[:size - start])
        connection.send(b"\r\n")
        connection.receive()


def churn(options, results):
    seconds = options.seconds(CHURN_SECONDS)
    with server_of(options) as server:
        watch = Watch(server)
        with probe(options, server, seconds) as probed:
            connections = connect_and_leave(server.port, seconds)
        watch.report(results, f"{connections / seconds:,.0f} clients a second come and go", probed)


def connect_and_leave(port, seconds):
    """Connections made, each of which has had a PING answered, CHURN_PER_SECOND a second."""
    start = time.monotonic()
    made = 0
    while (now := time.monotonic() - start) < seconds:
        while made < now * CHURN_PER_SECOND:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(PING)
                connection.recv(16)
            made += 1
        time.sleep(CHURN_STEP_SECONDS)
    return made


def expiry_lag(options, results):
    others, events = options.size(MILLION), options.size(5000)
    seconds = options.seconds(EXPIRE_SECONDS)
    hour = 3_600_000
    with server_of(options) as server:
        now = int(time.time() * 1e3)
        fill(options, server, others, "--command", "setpxat", "--deadline-from", now + hour,
             "--deadline-span", 24 * hour)
        Watch(server)
        begin = int(time.time() * 1e3) + 2000
        # Keys of another length are other keys.
        fill(options, server, events, "--command", "setpxat", "--key-size", 20, "--deadline-from",
             begin, "--deadline-span", int(seconds * 1e3))
        with probe(options, server, seconds + 3):
            pass
        info = server.info("stats")
    results.add(Figure(f"lag of {events:,} events, {others:,} other TTLs: p99",
                       float(info["expire_lag_msec_p99"]), "ms", MAX_EXPIRE_LAG_MILLIS,
                       note=f"longest {info['expire_lag_msec_max']} ms"))
    results.add(Figure("events that are missing", events - int(info["expired_keys"]), "", 0))
