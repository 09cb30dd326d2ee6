"""Workloads beyond SET and GET of small values, in groups that share servers and data."""

import dataclasses
import hashlib

from bench import comparison
from bench import pubsub
from bench import servers as processes
from bench.comparison import MEDIAN_LATENCY, TAIL, Case

MILLION = 1_000_000
EVER_NEW_KEYS = 1_000_000_000


@dataclasses.dataclass(frozen=True)
class Fill:
    """A command sent once for each key, with further arguments of the load generator."""
    command: str
    arguments: tuple = ()

    @staticmethod
    def of(fill):
        return fill if isinstance(fill, Fill) else Fill(fill)


@dataclasses.dataclass(frozen=True)
class Group:
    name: str
    about: str
    cases: tuple
    keys: int = MILLION
    value_bytes: int = 3
    fill: tuple = ("set",)  # commands, or fills
    settings: tuple = ()  # of solokv and redis-server alike
    setup: tuple = ()  # commands that each server is sent once
    floor: bool = False


COLLECTION_TARGET, ALGEBRA_TARGET = 0.45, 0.5
HUNDRED_THOUSAND = 100_000
# The second operand shares half of its members with the first.
OTHER = ("--container", "other", "--first-key", str(HUNDRED_THOUSAND // 2))


def collection_case(title, command, **rest):
    return Case(title, command, **{"requests": 400_000, "target": COLLECTION_TARGET, **rest})


def range_case(title, command, count, **rest):
    return collection_case(f"{title}_{count}", command, requests=3_000_000 // count,
                           arguments=("--range", str(count)), **rest)


def algebra_case(title, command):
    return Case(title, command, pipeline=1, clients=1, requests=30, target=ALGEBRA_TARGET)


# Pushes come after pops, into memory that was touched before: what its first touch costs is a figure
# of the host, not of the server.
COLLECTION_GROUPS = (
    Group("list", "a list of 16-byte elements, pipeline 16",
          (collection_case("LPUSH", "lpush", before="rpop"),
           collection_case("RPUSH", "rpush", before="lpop"),
           collection_case("LPOP", "lpop", before="lpush"),
           collection_case("RPOP", "rpop", before="rpush"),
           *(range_case("LRANGE", "lrange", count) for count in (100, 300, 500, 600))),
          keys=MILLION // 2, fill=("lpush",)),
    Group("set", "a set of 1M members, pipeline 16",
          (collection_case("SADD", "sadd"), collection_case("SPOP", "spop", before="sadd")),
          fill=("sadd",)),
    Group("hash", "a hash of 1M fields, pipeline 16", (collection_case("HSET", "hset"),),
          fill=("hset",)),
    Group("zset", "a sorted set of 1M members, pipeline 16",
          (collection_case("ZADD", "zadd"),
           collection_case("ZPOPMIN", "zpopmin", before="zadd"),
           range_case("ZRANGE", "zrange", 100)),
          fill=("zadd",)),
    Group("stream", "a stream, pipeline 16", (collection_case("XADD", "xadd"),), fill=("xadd",)),
    Group("small-zset", "a sorted set of 100 members, pipeline 16",
          (collection_case("ZRANGE, all of 100", "zrange", requests=30_000),), keys=100,
          fill=("zadd",)),
    Group("small-hash", "a hash of 20 fields, pipeline 16",
          (collection_case("HGETALL_20", "hgetall", requests=100_000),), keys=20, fill=("hset",)),
    Group("small-set", "a set of 100 members, pipeline 16",
          (collection_case("SMEMBERS_100", "smembers", requests=30_000),), keys=100,
          fill=("sadd",)),
    Group("set-algebra", "two sets of 100k members that share half, one client",
          (algebra_case("SINTER", "sinter"), algebra_case("SUNION", "sunion"),
           algebra_case("SDIFF", "sdiff")),
          keys=HUNDRED_THOUSAND, fill=("sadd", Fill("sadd", OTHER))),
    Group("zset-algebra", "two sorted sets of 100k members that share half, one client",
          (algebra_case("ZINTERSTORE", "zinterstore"),
           algebra_case("ZUNIONSTORE", "zunionstore")),
          keys=HUNDRED_THOUSAND, fill=("zadd", Fill("zadd", OTHER))),
)

GET_SCRIPT = "return redis.call('get', KEYS[1])"
GET_LIBRARY = ("#!lua name=bench\nredis.register_function('get', "
               "function(keys) return redis.call('get', keys[1]) end)")
OF_SCRIPT = ("--container", hashlib.sha1(GET_SCRIPT.encode()).hexdigest())
OF_FUNCTION = ("--container", "get")


def program_cases(title, command, arguments):
    return (Case(title, command, pipeline=1, requests=200_000, arguments=arguments, target=0.70),
            Case(f"{title}, pipeline 16", command, arguments=arguments, requests=400_000,
                 target=0.70))


GROUPS = (
    Group("programs", "one GET by a script and by a function",
          (*program_cases("EVALSHA", "evalsha", OF_SCRIPT),
           *program_cases("FCALL", "fcall", OF_FUNCTION)),
          keys=100_000, setup=(("script", "load", GET_SCRIPT), ("function", "load", GET_LIBRARY))),
    Group("commands", "other commands, pipeline 16, 1M keys",
          (Case("INCR", "incr", target=0.40),
           Case("MSET of 10", "mset", requests=160_000, target=0.40),
           Case("MGET of 100", "mget", requests=30_000, target=0.40),
           Case("EXISTS, missing keys", "exists", target=0.40)),
          fill=("set", "incr")),
    Group("large", "64 KB and 1 MB values, no pipelining",
          (Case("GET 64 KB", "get", pipeline=1, requests=40_000, target=0.80),
           Case("SET 1 MB", "set", pipeline=1, keys=100, value_bytes=1 << 20, requests=1500,
                target=0.80)),
          keys=1000, value_bytes=64 << 10),
    Group("kilobyte", "1 KB values",
          (Case("SET 1 KB", "set", value_bytes=1024, pipeline=1, requests=200_000),
           Case("GET 1 KB", "get", pipeline=1, requests=200_000),
           Case("SET 1 KB, pipeline 16", "set", value_bytes=1024, requests=400_000),
           Case("GET 1 KB, pipeline 16", "get", requests=400_000)),
          keys=200_000, value_bytes=1024),
    Group("unix", "UNIX socket, 256 clients, no pipelining",
          (Case("SET, UNIX socket", "set", pipeline=1, clients=256, unix=True, requests=300_000),
           Case("GET, UNIX socket", "get", pipeline=1, clients=256, unix=True, requests=300_000)),
          settings=("--unixsocket", "DIRECTORY/socket")),
    Group("ttl", "refreshing times to live, pipeline 16, 1M keys that have one",
          (Case("SET EX", "setex", target=0.35), Case("EXPIRE", "expire", target=0.35)),
          fill=("setex",)),
    Group("evict", "SET of new keys at maxmemory 100 MB, allkeys-lru, pipeline 16",
          (Case("SET, evicting", "set", keys=EVER_NEW_KEYS, target=0.50),),
          keys=3 * MILLION, settings=("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")),
    Group("cold", "10M keys, out of every cache, pipeline 16",
          (Case("SET, 10M keys", "set", target=0.30), Case("GET, 10M keys", "get", target=0.30)),
          keys=10 * MILLION),
    Group("single", "median latency with one client, no pipelining",
          (Case("SET, 1 client", "set", pipeline=1, clients=1, requests=30_000,
                metric=MEDIAN_LATENCY, target=1.0),
           Case("GET, 1 client", "get", pipeline=1, clients=1, requests=30_000,
                metric=MEDIAN_LATENCY, target=1.0))),
    Group("tail", "p99 by p50 with 50 clients, no pipelining",
          (Case("SET, p99/p50", "set", pipeline=1, requests=200_000, metric=TAIL, of="floor",
                target=1.2),
           Case("GET, p99/p50", "get", pipeline=1, requests=200_000, metric=TAIL, of="floor",
                target=1.2)),
          floor=True),
    *COLLECTION_GROUPS,
)

NAMES = (*(group.name for group in GROUPS), pubsub.NAME)
BUSY_POLL_MICROSECONDS = 50


def run(options, results):
    for group in GROUPS:
        if not options.only or group.name in options.only:
            run_group(options, results, group)
    if not options.only or pubsub.NAME in options.only:
        pubsub.run(options, results)


def run_group(options, results, group):
    keys = options.size(group.keys)
    results.begin(group.about, f"median of {options.rounds} rounds")
    commands = comparison.commands(options, group.settings, group.floor)
    if group.name == "single":
        commands["busy-poll"] = processes.solokv_command(
            options, ("--busy-poll", str(BUSY_POLL_MICROSECONDS)))
    with processes.running(commands) as servers:
        for fill in map(Fill.of, group.fill):
            comparison.fill(options, servers, keys, group.value_bytes, fill.command,
                            fill.arguments)
        send_once(servers, group.setup)
        comparison.print_header(servers)
        for case in group.cases:
            comparison.compare(options, results, servers, case, keys)
        if group.name == "evict":
            print_evictions(servers)


def send_once(servers, requests):
    for server in servers.values():
        server.resume()
        with server.connect() as connection:
            for request in requests:
                connection.run(*request)
        server.pause()


def print_evictions(servers):
    """How many keys were evicted for each request, the fill's included."""
    for name, server in servers.items():
        server.resume()
        info = server.info("stats")
        share = int(info["evicted_keys"]) / max(int(info["total_commands_processed"]), 1)
        print(f"  {name}: {share:.2f} keys evicted for each command since the start", flush=True)
        server.pause()
