"""Servers side by side on one workload.

Rounds alternate between the servers, and the median of the rounds is taken, so that what else the
machine does falls on all alike. CPU time per request holds on a busy machine, where requests per
second do not; a ratio is the median of the ratios within the rounds."""

import dataclasses
import pathlib
import statistics
import typing

from bench import servers as processes
from bench.figures import Figure


@dataclasses.dataclass(frozen=True)
class Metric:
    unit: str
    of: typing.Callable  # from a report of the load generator


CPU = Metric("us/req", lambda report: report["cpu_us_per_request"])
MEDIAN_LATENCY = Metric("us p50", lambda report: report["p50_us"])
TAIL = Metric("p99/p50", lambda report: report["p99_us"] / report["p50_us"])


@dataclasses.dataclass(frozen=True)
class Case:
    """A workload, and what the first server's ratio to another one's may be at most."""
    title: str
    command: str
    pipeline: int = 16
    clients: int = 50
    keys: int | None = None  # other than the group's
    value_bytes: int = 3
    requests: int = 800_000
    rate: int = 0
    unix: bool = False
    arguments: tuple = ()  # others of the load generator
    before: str = ""  # a command that fills anew before each round
    metric: Metric = CPU
    of: str = "redis"
    target: float | None = None


def measure(options, servers, case, keys):
    """The load generator's reports of each server, by round."""
    reports = {name: [] for name in servers}
    requests = max(int(case.requests * options.scale), 2 * case.clients)
    for round_number in range(options.rounds):
        for name, server in servers.items():
            if case.before:
                fill(options, {name: server}, keys, case.value_bytes, case.before)
            server.resume()
            reports[name].append(processes.load(
                options, server, "--command", case.command, "--pipeline", case.pipeline,
                "--clients", case.clients, "--keys", keys, "--value-size", case.value_bytes,
                "--requests", requests, "--rate", case.rate, "--warmup", requests // 20,
                "--seed", round_number + 1, *case.arguments, unix=case.unix))
            server.pause()
    return reports


def median(reports, quantity):
    return statistics.median(map(quantity, reports))


def ratio(reports, others, quantity):
    return statistics.median(quantity(a) / max(quantity(b), 1e-9)
                             for a, b in zip(reports, others))


def print_header(names):
    print(f"{'':<26}" + "".join(f"{name[-20:]:>25}" for name in names))
    print(f"{'':<26}" + f"{'req/s':>10}{'':>10}{'busy':>5}" * len(names), flush=True)


def print_row(case, reports):
    """One line: for each server requests per second, the metric and how busy it was; the ratios of
    the first to the others, the verdict, and the first one's latency."""
    names = list(reports)
    first = reports[names[0]]
    row = f"{case.title:<26}"
    for name in names:
        row += (f"{median(reports[name], lambda report: report['per_second']) / 1e3:9.1f}k"
                f"{median(reports[name], case.metric.of):9.3f}"
                f"{median(reports[name], lambda report: report['server_busy']):6.0%}")
    row += f" {case.metric.unit}"
    for name in names[1:]:
        row += f"  {ratio(first, reports[name], case.metric.of):.3f} of {pathlib.Path(name).name}"
    row += (f"  p50 {median(first, lambda report: report['p50_us']):.0f}"
            f" p99 {median(first, lambda report: report['p99_us']):.0f} us")
    figure = figure_of(case, reports)
    print(f"{row}  {figure.verdict if figure else ''}".rstrip(), flush=True)


def figure_of(case, reports):
    """The ratio that the case is about; None if the server that it is of was left out."""
    names = list(reports)
    if case.of not in names or names[0] == case.of:
        return None
    return Figure(case.title, ratio(reports[names[0]], reports[case.of], case.metric.of),
                  target=case.target, of=case.of, peers_unit=case.metric.unit,
                  peers={name: median(reports[name], case.metric.of) for name in names})


def compare(options, results, servers, case, keys):
    reports = measure(options, servers, case, case.keys or keys)
    print_row(case, reports)
    figure = figure_of(case, reports)
    if figure:
        results.add(figure, show=False)


def commands(options, settings=(), floor=True):
    """The servers of a comparison by name, solokv first, and those named --against last."""
    found = {"solokv": processes.solokv_command(options, settings),
             "redis": processes.redis_command(settings)}
    if floor:
        found["floor"] = processes.floor_command(options)
    for name in options.without:
        found.pop(name, None)
    for word in options.against:
        found[word] = processes.solokv_command(options, settings, server=word)
    return found


def fill(options, servers, keys, value_bytes, command="set", arguments=()):
    """Sets each key of every server but the floor."""
    for name, server in servers.items():
        if name == "floor":
            continue
        server.resume()
        processes.load(options, server, "--fill", "--command", command, "--keys", keys,
                       "--value-size", value_bytes, "--pipeline", 100 if value_bytes < 4096 else 1,
                       *arguments)
        server.pause()
