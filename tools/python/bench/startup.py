"""Start and memory of the executable, and of a server that is an object in a process."""

import json
import statistics
import subprocess
import time

from bench import comparison
from bench import servers as processes
from bench.figures import Figure

# Where solokv must be: resident bytes of the idle executable; milliseconds of a start within a
# process, and KiB of one of many servers there.
MAX_IDLE_BYTES = 4_000_000
MAX_PONG_RATIO = 0.5
MAX_EMBEDDED_START_MS = 1.0
MAX_EMBEDDED_KIB = 256
EMBEDDED_SERVERS = 200
LEAST_STARTS = 11


def run(options, results):
    starts = max(options.rounds, LEAST_STARTS)
    commands = comparison.commands(options, floor=False)
    times, resident = measure_starts(commands, starts)
    results.begin("Start",
                  f"first PONG after exec, and resident size when idle; median of {starts}")
    for name in commands:
        print(f"  {name[-18:]:<18}{times[name]:8.2f} ms{resident[name] / 1e6:8.2f} MB")
    if "redis" in commands:
        results.add(Figure("first PONG", times["solokv"] / times["redis"], target=MAX_PONG_RATIO,
                           of="redis", peers=times, peers_unit="ms"))
    results.add(Figure("resident when idle", resident["solokv"] / 1e6, "MB", MAX_IDLE_BYTES / 1e6))
    embedded = json.loads(subprocess.run(
        [options.build / "tools" / "embed", str(options.size(EMBEDDED_SERVERS))],
        capture_output=True, check=True).stdout)
    results.add(Figure(f"start of one of {EMBEDDED_SERVERS} in a process",
                       embedded["start_us"] / 1e3, "ms", MAX_EMBEDDED_START_MS))
    results.add(Figure(f"resident, one of {EMBEDDED_SERVERS} in a process",
                       embedded["resident_kib"], "KiB", MAX_EMBEDDED_KIB))


def measure_starts(commands, starts):
    """The medians, by server, of milliseconds to the first PONG and of resident bytes."""
    times = {name: [] for name in commands}
    resident = {name: [] for name in commands}
    for _ in range(starts):
        for name, command in commands.items():
            server = processes.Server(name, command)
            try:
                times[name].append(server.wait_until_up() * 1e3)
                time.sleep(0.05)
                resident[name].append(server.resident_bytes())
            finally:
                server.stop()
    return ({name: statistics.median(found) for name, found in times.items()},
            {name: statistics.median(found) for name, found in resident.items()})
