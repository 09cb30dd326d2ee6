"""SET, GET and what else is asked for, at several depths of pipelining."""

from bench import comparison
from bench import servers as processes

# The most that the ratio of server CPU per request may be, and of which server.
TARGETS = {1: ("floor", 1.10), 16: ("redis", 0.30), 100: ("redis", 0.18)}
WITH_TARGETS = ("set", "get")
REQUESTS = {1: 200_000, 16: 800_000, 100: 1_500_000}
SHARE_OF_REQUESTS = {"mset": 5, "mget": 25}


def case_of(options, command, pipeline):
    of, target = TARGETS.get(pipeline, ("redis", None))
    requests = REQUESTS.get(pipeline, 500_000) // SHARE_OF_REQUESTS.get(command, 1)
    return comparison.Case(
        f"{command.upper()} {options.value_size} B, pipeline {pipeline}", command, pipeline,
        clients=options.clients, value_bytes=options.value_size, requests=requests,
        rate=options.rate, of=of, target=target if command in WITH_TARGETS else None)


def run(options, results):
    keys = options.size(options.keys)
    results.begin(
        f"Throughput, {options.value_size}-byte values",
        f"server CPU per request, {options.clients} clients, 16-byte keys, {keys:,} keys, "
        f"median of {options.rounds} rounds, backend {options.event_backend or 'io_uring'}"
        + (f", offered {options.rate}/s" if options.rate else ""))
    with processes.running(comparison.commands(options)) as servers:
        comparison.fill(options, servers, keys, options.value_size)
        if "incr" in options.commands:
            comparison.fill(options, servers, keys, options.value_size, "incr")
        comparison.print_header(servers)
        for pipeline in options.pipelines:
            for command in options.commands:
                comparison.compare(options, results, servers,
                                   case_of(options, command, pipeline), keys)
