"""The longest ticks while something large happens, by INFO eventloop, and the lag of expired keys.

Where nothing else loads the server, a probe of PROBE_RATE GETs a second runs meanwhile: it makes
ticks beside the large work, and its own latency is what clients feel. The host's other work
lengthens ticks now and then, what solokv does lengthens them each time: everything is done a few
times, and the median of the longest is judged. Beside wall times stands the share of time in which
the server could have run but its core had other work: where that is much, they tell of the other
work."""

import contextlib
import dataclasses
import socket
import time

import resp
from bench import servers as processes
from bench.figures import Figure

MAX_TICK_CPU_MILLIS = 1.0
MAX_TICK_WALL_MILLIS = 1.0  # 99.99 % of them
MAX_EXPIRE_LAG_MILLIS = 10

MOST_ROUNDS = 3
MILLION = 1_000_000
PROBE_RATE = 10_000
EXPIRE_SECONDS = 10
FILL_SECONDS, LEAST_FILL_SECONDS = 15, 2  # in which the keys that are to expire have to be set
CHURN_SECONDS, CHURN_PER_SECOND, CHURN_STEP_SECONDS = 10, 1000, 0.01
# The commands that build a collection of a million elements.
COLLECTIONS = {"list": "rpush", "hash": "hset", "set": "sadd", "sorted set": "zadd",
               "stream": "xadd"}
HUGE_VALUE_BYTES = 1 << 30
# A value of a GiB has to be allowed.
HUGE_SETTINGS = ("--proto-max-bulk-len", "2gb", "--client-query-buffer-limit", "2gb")
PING = resp.encode(["ping"])


def run(options, results):
    rounds = min(options.rounds, MOST_ROUNDS)
    results.begin("Latency", "ticks of the event loop by its own measure: CPU of the thread, and "
                             f"wall time; median of {rounds} runs")
    for case in (insertion, building, deleting, mass_expiry, flush, unlink, churn, expiry_lag):
        for figures in zip(*(case(options) for _ in range(rounds))):
            results.add(middle(figures))


def middle(figures):
    """The one with the median value; its note tells of the worst. Where nothing may be found, the
    worst."""
    ordered = sorted(figures, key=lambda figure: figure.value)
    found, worst = ordered[(len(ordered) - 1) // 2], ordered[-1]
    if worst.value == found.value or worst.target == 0:
        return worst
    return dataclasses.replace(
        found, note=f"{found.note}; worst run {worst.value:.3f}: {worst.note}".lstrip("; "))


class Watch:
    """The ticks from its making on."""

    def __init__(self, server):
        self.server = server
        with server.connect() as connection:
            connection.run("config", "resetstat")
        self.start = time.monotonic()
        self.waited_before = server.kept_waiting_seconds()

    def figures(self, what, probe=()):
        """What happened until now, as two figures."""
        info = self.server.info("eventloop")
        if "eventloop_ticks" not in info:
            raise SystemExit("bench: the server has no INFO eventloop")
        waited = ((self.server.kept_waiting_seconds() - self.waited_before)
                  / (time.monotonic() - self.start))
        longest = int(info["eventloop_tick_wall_usec_max"]) / 1e3
        note = f"kept waiting for the core {waited:.1%}, longest {longest:.2f}"
        if probe:
            note += f", p99.99 of the probe {probe[0]['p9999_us'] / 1e3:.2f}"
        return [Figure(f"{what}: longest CPU of a tick",
                       int(info["eventloop_tick_cpu_usec_max"]) / 1e3, "ms", MAX_TICK_CPU_MILLIS,
                       note=self._slowest()),
                Figure(f"{what}: p99.99 of wall time",
                       int(info["eventloop_tick_wall_usec_p99_99"]) / 1e3, "ms",
                       MAX_TICK_WALL_MILLIS, note=note)]

    def _slowest(self):
        """What the tick with the most CPU time did, of those that were kept."""
        with self.server.connect() as connection:
            ticks = [resp.pairs(tick) for tick in connection.run("latency", "slowticks", "-1")]
        if not ticks:
            return ""
        slowest = max(ticks, key=lambda tick: tick["cpu-usec"])
        phases = {name[:-5]: value for name, value in slowest.items()
                  if name.endswith("-usec") and name[:-5] not in ("wall", "cpu", "wait")}
        phase = max(phases, key=phases.get)
        return (f"wall {slowest['wall-usec'] / 1e3:.2f}, of it {phase} {phases[phase] / 1e3:.2f}; "
                f"{slowest['commands']} commands")


@contextlib.contextmanager
def server_of(options, settings=()):
    with processes.started("solokv", processes.solokv_command(options, settings)) as server:
        yield server


def probe(options, server, seconds):
    return processes.background_load(options, server, "--command", "get", "--clients", 10, "--keys",
                                     1000, "--rate", PROBE_RATE, "--seconds", seconds)


def fill(options, server, keys, *arguments):
    processes.load(options, server, "--fill", "--keys", keys, "--pipeline", 100, *arguments)


def insertion(options):
    keys = options.size(10 * MILLION)
    with server_of(options) as server:
        watch = Watch(server)
        processes.load(options, server, "--fill", "--keys", keys, "--pipeline", 16)
        return watch.figures(f"inserting {keys:,} keys")


def building(options):
    elements = options.size(MILLION)
    figures = []
    for name, command in COLLECTIONS.items():
        with server_of(options) as server:
            watch = Watch(server)
            processes.load(options, server, "--fill", "--command", command, "--keys", elements,
                           "--pipeline", 16)
            figures += watch.figures(f"building a {name} of {elements:,}")
    return figures


def deleting(options):
    elements = options.size(MILLION)
    with server_of(options) as server:
        for index, command in enumerate(COLLECTIONS.values()):
            fill(options, server, elements, "--command", command, "--container", f"container{index}")
        names = [f"container{index}" for index in range(len(COLLECTIONS))]
        return drop(options, server, f"DEL of collections of {elements:,}", "del", *names)


def mass_expiry(options):
    keys = options.size(5 * MILLION)
    seconds = options.seconds(EXPIRE_SECONDS)
    with server_of(options) as server:
        begin = time.time() + max(options.seconds(FILL_SECONDS), LEAST_FILL_SECONDS)
        fill(options, server, keys, "--command", "setpxat", "--deadline-from", int(begin * 1e3),
             "--deadline-span", int(seconds * 1e3))
        if time.time() > begin:
            raise SystemExit("bench: filling took too long: keys expired meanwhile")
        time.sleep(max(begin - 0.2 - time.time(), 0))
        watch = Watch(server)
        with probe(options, server, seconds + 1) as probed:
            time.sleep(seconds + 1)
        figures = watch.figures(f"{keys:,} keys expiring", probed)
        with server.connect() as connection:
            left = connection.run("dbsize")
        return figures + [Figure("keys that have not expired by then", left, "", 0)]


def flush(options):
    keys = options.size(10 * MILLION)
    with server_of(options) as server:
        fill(options, server, keys)
        return drop(options, server, f"FLUSHALL of {keys:,} keys", "flushall")


def unlink(options):
    size = options.size(HUGE_VALUE_BYTES)
    with server_of(options, HUGE_SETTINGS) as server:
        set_huge(server, size)
        return drop(options, server, f"UNLINK of {size / (1 << 30):.2f} GiB", "unlink", "huge")


def drop(options, server, what, *command):
    """Runs a command that frees much, and waits until that is done."""
    watch = Watch(server)
    with probe(options, server, options.seconds(4)) as probed, server.connect() as connection:
        time.sleep(options.seconds(0.5))
        connection.run(*command)
        while int(resp.parse_info(connection.run("info", "memory"))["lazyfree_pending_objects"]):
            time.sleep(0.1)
    return watch.figures(what, probed)


def set_huge(server, size):
    """Sends the value in pieces, so that it is not needed here."""
    piece = bytes(1 << 20)
    with server.connect() as connection:
        connection.send(b"*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$%d\r\n" % size)
        for start in range(0, size, len(piece)):
            connection.send(piece[:size - start])
        connection.send(b"\r\n")
        connection.receive()


def churn(options):
    seconds = options.seconds(CHURN_SECONDS)
    with server_of(options) as server:
        watch = Watch(server)
        with probe(options, server, seconds) as probed:
            made = connect_and_leave(server.port, seconds)
        cpu, wall = watch.figures(f"{CHURN_PER_SECOND:,} clients a second come and go", probed)
        return [cpu, dataclasses.replace(wall, note=f"{wall.note}, {made:,} came")]


def connect_and_leave(port, seconds):
    """Makes CHURN_PER_SECOND connections a second, each of which has a PING answered and leaves;
    returns how many."""
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


def expiry_lag(options):
    others, events = options.size(MILLION), options.size(5000)
    seconds = options.seconds(EXPIRE_SECONDS)
    hour = 3_600_000
    with server_of(options) as server:
        now = int(time.time() * 1e3)
        fill(options, server, others, "--command", "setpxat", "--deadline-from", now + hour,
             "--deadline-span", 24 * hour)
        Watch(server)
        begin = int((time.time() + LEAST_FILL_SECONDS) * 1e3)
        # Keys of another length are other keys.
        fill(options, server, events, "--command", "setpxat", "--key-size", 20, "--deadline-from",
             begin, "--deadline-span", int(seconds * 1e3))
        with probe(options, server, LEAST_FILL_SECONDS + seconds + 0.5):
            pass
        info = server.info("stats")
    return [Figure(f"expiry lag beside {others:,} other TTLs: p99",
                   float(info["expire_lag_msec_p99"]), "ms", MAX_EXPIRE_LAG_MILLIS,
                   note=f"{events:,} events, longest {info['expire_lag_msec_max']}"),
            Figure("events that are missing", events - int(info["expired_keys"]), "", 0)]
