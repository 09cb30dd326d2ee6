"""What keys, times to live, collections, deleted keys and idle clients cost in resident memory."""

import contextlib
import statistics
import time

from bench import servers as processes
from bench.figures import Figure

KEY_BYTES = 16
MILLIONS = (1.4, 2, 2.8, 4, 5.6, 8)
VALUE_BYTES = (3, 32, 100)

MAX_MEAN_OVERHEAD, MAX_WORST_OVERHEAD, MAX_TTL_OVERHEAD = 24, 28, 16
DELETED_SHARE, MAX_LEFT_OF_PEAK, DELETE_SECONDS = 0.9, 0.35, 60
IDLE_CLIENTS, MAX_CLIENT_KIB = 10_000, 1
MANY_CLIENTS = ("--maxclients", str(2 * IDLE_CLIENTS))
# What is filled, by which command, with how many keys, and the most it may take by redis-server.
COLLECTIONS = (("a sorted set of 1M members", "zadd", 1_000_000, 0.60),
               ("a hash of 1M fields", "hset", 1_000_000, 0.60),
               ("a set of 1M members", "sadd", 1_000_000, 0.60),
               ("100k hashes of 10 fields", "smallhash", 100_000, 0.75),
               ("a list of 1M elements", "rpush", 1_000_000, 1.0),
               ("a stream of 1M entries", "xadd", 1_000_000, 1.0))
WARMUP_KEYS = 1000
SETTLE_SECONDS = 5  # both servers give back some time later what they no longer need


def run(options, results):
    plain = keys_and_values(options, results)
    times_to_live(options, results, plain)
    collections(options, results)
    deleted_keys(options, results)
    idle_clients(options, results)


def overhead_per_key(options, command, keys, value_bytes, fill="set"):
    with processes.started("server", command) as server:
        empty = server.resident_bytes()
        processes.load(options, server, "--fill", "--command", fill, "--keys", keys, "--value-size",
                       value_bytes, "--pipeline", 100)
        return (server.resident_bytes() - empty) / keys - KEY_BYTES - value_bytes


def overheads(options, title, value_bytes, fill="set"):
    """Of solokv, for each number of keys; printed as a row."""
    found = []
    print(f"  {title:<26}", end="", flush=True)
    for count in MILLIONS:
        found.append(overhead_per_key(options, processes.solokv_command(options),
                                      options.size(int(count * 1e6)), value_bytes, fill))
        print(f"{found[-1]:8.1f}", end="", flush=True)
    print()
    return found


def keys_and_values(options, results):
    """The overheads with the smallest value."""
    results.begin("Memory", "resident bytes per key beyond a 16-byte key and its value")
    print(f"  {'':<26}" + "".join(f"{count:>7.1f}M" for count in MILLIONS))
    smallest = []
    for value_bytes in VALUE_BYTES:
        found = overheads(options, f"{value_bytes}-byte values", value_bytes)
        smallest = smallest or found
        redis = overhead_per_key(options, processes.redis_command(), options.size(2_000_000),
                                 value_bytes)
        results.add(Figure(f"mean, {value_bytes}-byte values", statistics.mean(found), "B",
                           MAX_MEAN_OVERHEAD, note=f"redis-server at 2M keys: {redis:.1f}"))
        results.add(Figure(f"worst, {value_bytes}-byte values", max(found), "B",
                           MAX_WORST_OVERHEAD))
    return smallest


def times_to_live(options, results, plain):
    found = overheads(options, "3-byte values with a TTL", VALUE_BYTES[0], "setex")
    more = [with_ttl - without for with_ttl, without in zip(found, plain)]
    results.add(Figure("mean of what a TTL adds", statistics.mean(more), "B", MAX_TTL_OVERHEAD,
                       note=f"worst {max(more):.1f}"))


def data_of_fill(command, options, fill, keys):
    """Beyond those of the server that had as many clients and commands, but no data."""
    with processes.started("server", command) as server:
        def load(count):
            # Few clients: their buffers are not what is measured.
            processes.load(options, server, "--fill", "--shuffle", "--command", fill, "--keys",
                           count, "--pipeline", 16, "--clients", 4)

        load(WARMUP_KEYS)
        with server.connect() as connection:
            connection.run("flushall")
        time.sleep(options.seconds(1))
        empty = server.data_bytes()
        load(keys)
        time.sleep(options.seconds(SETTLE_SECONDS))
        return max(server.data_bytes() - empty, 1)


def collections(options, results):
    results.begin("Memory of collections", "resident bytes of data beyond those of an empty server")
    for title, fill, count, target in COLLECTIONS:
        keys = options.size(count)
        peers = {"solokv": data_of_fill(processes.solokv_command(options), options, fill, keys),
                 "redis": data_of_fill(processes.redis_command(), options, fill, keys)}
        peers = {name: size / 2**20 for name, size in peers.items()}
        results.add(Figure(title, peers["solokv"] / peers["redis"], "of redis", target,
                           note=f"{peers['solokv']:.1f} of {peers['redis']:.1f} MiB", peers=peers,
                           peers_unit="MiB", of="redis"))


def deleted_keys(options, results):
    keys = options.size(10_000_000)
    deleted = int(keys * DELETED_SHARE)
    results.begin("Memory after deletion",
                  f"{DELETED_SHARE:.0%} of {keys:,} keys, at random; resident size by its peak")
    command = processes.solokv_command(options, ("--activedefrag", "yes"))
    with processes.started("solokv", command) as server:
        processes.load(options, server, "--fill", "--keys", keys, "--pipeline", 100)
        peak = server.resident_bytes()
        processes.load(options, server, "--fill", "--shuffle", "--command", "del", "--keys", keys,
                       "--requests", deleted, "--pipeline", 100)
        at_once = server.resident_bytes() / peak
        left, seconds = wait_for_share(server, peak, options.seconds(DELETE_SECONDS))
        info = server.info("stats")
    results.add(Figure("left of the peak within a minute", left, "", MAX_LEFT_OF_PEAK,
                       note=f"{at_once:.2f} at once, {left:.2f} after {seconds:.0f} s; "
                            f"{info.get('active_defrag_key_hits', '0')} keys moved"))


def wait_for_share(server, peak, limit):
    """The share of the peak that is resident, and after how many seconds, when it falls below the
    target or the limit is over."""
    start = time.monotonic()
    while True:
        left = server.resident_bytes() / peak
        seconds = time.monotonic() - start
        if left < MAX_LEFT_OF_PEAK or seconds > limit:
            return left, seconds
        time.sleep(0.5)


def idle_clients(options, results):
    clients = options.size(IDLE_CLIENTS)
    results.begin("Idle clients", f"resident KiB for each of {clients:,} that have sent a PING")
    settle = options.seconds(SETTLE_SECONDS)
    redis = client_kib(processes.redis_command(MANY_CLIENTS), clients, settle)
    solokv = client_kib(processes.solokv_command(options, MANY_CLIENTS), clients, settle)
    results.add(Figure("an idle client", solokv, "KiB", MAX_CLIENT_KIB,
                       note=f"redis-server: {redis:.2f}"))


def client_kib(command, clients, settle):
    with processes.started("server", command) as server, contextlib.ExitStack() as stack:
        before = server.resident_bytes()
        for _ in range(clients):
            stack.enter_context(server.connect()).run("ping")
        time.sleep(settle)
        return (server.resident_bytes() - before) / 1024 / clients
