"""What the lab runs. An experiment is a generator of rows (dictionaries of figures); what cannot be
measured here is left out, and the lab is told why."""

import dataclasses
import json

from event_lab import measure
from event_lab.measure import Failed

ECHO_BYTES = 1024
SMALL_ECHO_BYTES = 16
# Before a measurement begins: pages are touched, code is in the caches.
WARMUP_REQUESTS = 200


@dataclasses.dataclass
class Extent:
    """How much is measured."""

    rounds: int = 3
    seconds: float = 0.5
    idle: tuple = (0, 100, 1000, 5000, 10000)
    idle_active: int = 10
    rate: int = 5000
    active: tuple = (1, 10, 50, 200, 1000)
    traced: tuple = (1, 10, 100, 1000)
    traced_requests: int = 4000
    connections: int = 1000
    accepts: int = 4000
    reply_sizes: tuple = (4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20)
    reply_bytes: int = 256 << 20
    log_seconds: float = 2.0

    @staticmethod
    def quick():
        return Extent(rounds=2, seconds=0.1, idle=(0, 100, 1000), active=(1, 50, 200),
                      traced=(50,), traced_requests=500, connections=200, accepts=1000,
                      reply_sizes=(4 << 10, 64 << 10, 1 << 20), reply_bytes=32 << 20,
                      log_seconds=0.3)


class Lab:
    """Models, extent, and what was noted on the way."""

    def __init__(self, build, models, extent, log_directory, descriptors, progress):
        self.build = build
        self.models = [model for model in models if not model.unavailable]
        self.extent = extent
        self.log_directory = log_directory
        self.descriptors = descriptors
        self.progress = progress
        self.notes = [f"{model.name}: {model.unavailable}"
                      for model in models if model.unavailable]

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def program(self, name):
        return str(self.build / "tools" / name)

    def connection_limit(self):
        return self.descriptors - measure.OWN_DESCRIPTORS

    def attempt(self, what, function):
        """The figures that `function` returns, or None if it cannot be done here."""
        try:
            return function()
        except (Failed, OSError, ValueError) as error:
            self.note(f"{what}: {error}")
            return None


# Figures of which more is better.
GREATER_IS_BETTER = ("per_second", "ping_per_second", "syncs_per_second")


def best_of_rounds(rows, keys):
    """One row for each combination of the keys, in order of appearance, with the best of each
    figure: what else a machine does makes them worse, never better."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    for names, group in groups.items():
        merged = dict(zip(keys, names))
        for field in group[0]:
            if field not in keys:
                best = max if field in GREATER_IS_BETTER else min
                merged[field] = best(row[field] for row in group)
        yield merged


def figures(report):
    return {"cpu_us": report["cpu_us_per_request"], "p50_us": report["p50_us"],
            "p99_us": report["p99_us"], "per_second": report["per_second"]}


def sweep(lab, what, levels, one, beside=0):
    """Rows of every model at every level: `one(server, level)` gives the figures of one run."""
    rows = []
    for _ in range(lab.extent.rounds):
        for model in lab.models:
            def run(model=model):
                with measure.running(model.command, cores=model.cores) as server:
                    for level in model.within(levels, beside):
                        lab.progress(f"{what}: {model.name}, {level}")
                        rows.append({"model": model.name, "family": model.family,
                                     what: level, **one(server, level)})
            lab.attempt(f"{model.name}, {what} connections", run)
    return list(best_of_rounds(rows, ("model", "family", what)))


def reachable(lab, levels):
    """Those of the numbers of connections that the descriptor limit allows."""
    limit = lab.connection_limit() - lab.extent.idle_active
    if max(levels) > limit:
        lab.note(f"the descriptor limit of {lab.descriptors} allows {limit} connections")
    return [level for level in levels if level <= limit]


def idle(lab):
    """(a) Ten active connections among many idle ones, at a fixed rate."""
    extent = lab.extent
    levels = reachable(lab, extent.idle)

    def one(server, level):
        return figures(measure.load(
            lab.build, server, seconds=extent.seconds, clients=extent.idle_active, idle=level,
            rate=extent.rate, size=ECHO_BYTES, warmup=WARMUP_REQUESTS))
    return sweep(lab, "idle", levels, one, beside=extent.idle_active)


def active(lab):
    """(b) One to a thousand active connections, each asking as fast as it is answered."""
    extent = lab.extent
    levels = reachable(lab, extent.active)

    def one(server, level):
        found = figures(measure.load(lab.build, server, seconds=extent.seconds, clients=level,
                                     size=SMALL_ECHO_BYTES, warmup=WARMUP_REQUESTS))
        ping = figures(measure.load(lab.build, server, seconds=extent.seconds / 2, clients=level))
        return {**found, "ping_per_second": ping["per_second"], "ping_cpu_us": ping["cpu_us"]}
    return sweep(lab, "active", levels, one)


def counted_by_loops(lab):
    """As system_calls, from what the event loops count: a readiness loop makes a call to wait, to
    receive and to send, one over io_uring only to wait."""
    rows = []
    requests = lab.extent.traced_requests
    for model in lab.models:
        for level in model.within(lab.extent.traced):
            lab.progress(f"system calls: {model.name}, {level}")
            with measure.running(model.command, cores=model.cores) as server:
                measure.load(lab.build, server, requests=requests, clients=level)
            if not server.output or model.rearms:
                continue
            counted = json.loads(server.output)
            kinds = ("waits",) if model.family == "io_uring" else ("waits", "receives", "sends")
            rows.append({"model": model.name, "family": model.family, "active": level,
                         "calls": sum(counted[kind] for kind in kinds) / requests})
    return rows


def system_calls(lab):
    """(b) System calls for a request, counted by strace: the difference of two runs, so that those
    of starting and of connecting drop out."""
    reason = measure.can_trace()
    if reason:
        lab.note(f"system calls: {reason}; of the models on the event loop, its own counters")
        return counted_by_loops(lab)
    rows = []
    more = lab.extent.traced_requests
    for model in lab.models:
        for level in lab.extent.traced:
            lab.progress(f"system calls: {model.name}, {level}")
            if level > model.capacity or (model.slow_start and len(lab.extent.traced) == 1):
                continue

            def count(requests, model=model, level=level):
                return measure.count_system_calls(model.command, lambda server: measure.load(
                    lab.build, server, requests=requests, clients=level))
            few = max(level, 10)
            # A model that spins makes calls for as long as it runs.
            base = 0 if model.spins else lab.attempt(f"{model.name}, strace", lambda: count(few))
            calls = lab.attempt(f"{model.name}, strace", lambda: count(few + more))
            if base is not None and calls is not None:
                requests = few + more if model.spins else more
                rows.append({"model": model.name, "family": model.family, "active": level,
                             "calls": max(calls - base, 0) / requests})
    return rows


def storm(lab):
    """(c) Bursts of connections to two loops that accept from one port."""
    rows = []
    for mode in ("shared", "exclusive", "reuseport"):
        for burst in (1, 16):
            lab.progress(f"accepts: {mode}, {burst}")

            def run(mode=mode, burst=burst):
                with measure.running([lab.program("accept_storm"), mode], cores=0) as server:
                    measure.connect_in_bursts(server.port, lab.extent.accepts, burst)
                    cpu = server.cpu_seconds()
                counted = json.loads(server.output)
                accepts = sum(counted["accepts"])
                return {"mode": mode, "burst": burst, "wakeups": counted["wakeups"] / accepts,
                        "least_share": min(counted["accepts"]) / accepts,
                        "cpu_us": cpu * 1e6 / accepts}
            rows.append(lab.attempt(f"accepts, {mode}", run))
    return [row for row in rows if row]


def memory(lab):
    """(d) Memory for each connection that has exchanged a message and is idle."""
    limit = min(lab.extent.connections, lab.connection_limit())
    rows = []
    for model in lab.models:
        lab.progress(f"memory: {model.name}")

        def run(model=model):
            with measure.running(model.command, cores=model.cores) as server:
                with measure.connections(server.port, 1):
                    pass
                resident, stacks = server.resident_bytes(), measure.kernel_stack_bytes()
                count = min(limit, model.capacity)
                with measure.connections(server.port, count):
                    return {"model": model.name, "family": model.family,
                            "resident": max(server.resident_bytes() - resident, 0) / count,
                            "kernel_stack": max(measure.kernel_stack_bytes() - stacks, 0) / count}
        rows.append(lab.attempt(f"{model.name}, memory", run))
    return [row for row in rows if row]


def replies(lab):
    """(e) Large replies, sent in each of the ways that the kernel offers."""
    rows = []
    for _ in range(lab.extent.rounds):
        for mode in ("copy", "zerocopy", "io_uring-zerocopy", "sendfile", "splice"):
            for size in lab.extent.reply_sizes:
                lab.progress(f"replies: {mode}, {size >> 10} KiB")
                count = max(min(lab.extent.reply_bytes // size, 2000), 5)

                def run(mode=mode, size=size, count=count):
                    started = []
                    with measure.running([lab.program("large_reply"), mode, str(size)]) as server:
                        measure.request_large(server.port, size, count,
                                              lambda: started.append(server.cpu_seconds()))
                        server.finish()
                    counted = json.loads(server.output)
                    return {"mode": mode, "size": size, "count": count,
                            "cpu_us": (counted["cpu_seconds"] - started[0]) * 1e6 / count,
                            "copied": counted["copied"] / max(counted["sends"], 1)}
                rows.append(lab.attempt(f"replies, {mode}", run))
    return list(best_of_rounds([row for row in rows if row], ("mode", "size")))


def log(lab):
    """(f) An append log that is synced record by record, beside a timer of one millisecond."""
    rows = []
    seconds = lab.extent.log_seconds
    for _ in range(lab.extent.rounds):
        for mode in ("blocking", "thread", "aio", "io_uring"):
            lab.progress(f"log: {mode}")
            found = lab.attempt(f"log, {mode}", lambda mode=mode: measure.run_json(
                [lab.program("append_log"), mode, lab.log_directory, seconds],
                seconds + measure.START_SECONDS))
            if found:
                rows.append({"mode": mode, **found})
    return list(best_of_rounds(rows, ("mode",)))


def edge(lab):
    """(g) An edge-triggered reader that drains, and one that does not."""
    lab.progress("edge")
    found = lab.attempt("edge", lambda: measure.run_json([lab.program("edge_trigger")],
                                                         measure.START_SECONDS))
    if not found:
        return []
    return [{"reading": name, "received": found[key], "sent": found["sent"]}
            for name, key in (("until nothing is left", "drained"),
                              ("one buffer an edge", "read_once"))]


# By the letters of their order, and by name.
ALL = {"idle": idle, "active": active, "calls": system_calls, "storm": storm, "memory": memory,
       "replies": replies, "log": log, "edge": edge}


def steps(lab, names):
    """How many times the experiments will report progress."""
    extent, models = lab.extent, len(lab.models)
    counts = {
        "idle": extent.rounds * models * len(extent.idle),
        "active": extent.rounds * models * len(extent.active),
        "calls": models * len(extent.traced),
        "storm": 6, "memory": models, "replies": extent.rounds * 5 * len(extent.reply_sizes),
        "log": extent.rounds * 4, "edge": 1,
    }
    return sum(counts[name] for name in names)
