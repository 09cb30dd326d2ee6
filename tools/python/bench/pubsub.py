"""Messages to many subscribers: server CPU for each message that is delivered.

One publisher, which waits for the replies to `pipeline` messages before it sends the next as many;
subscribers that read as fast as they can, in a process of their own."""

import multiprocessing
import pathlib
import select
import socket
import statistics

import resp
from bench import comparison
from bench import servers as processes
from bench.figures import Figure

NAME = "pubsub"
SUBSCRIBERS = 1000
MESSAGE = "m" * 32
TARGET = 0.5
MESSAGES = {1: 200, 16: 1600, 100: 4000}  # by pipeline
PATIENCE = 60  # seconds


def run(options, results):
    results.begin(f"PUBLISH to {SUBSCRIBERS} subscribers", f"median of {options.rounds} rounds")
    commands = comparison.commands(options, floor=False)
    with processes.running(commands) as servers:
        for pipeline, messages in MESSAGES.items():
            compare(options, results, servers, pipeline, options.size(messages))


def compare(options, results, servers, pipeline, messages):
    costs = {name: [] for name in servers}
    for _ in range(options.rounds):
        for name, server in servers.items():
            server.resume()
            costs[name].append(measure(server, options.size(SUBSCRIBERS), pipeline, messages))
            server.pause()
    names = list(servers)
    medians = {name: statistics.median(costs[name]) for name in names}
    for name in names[1:]:
        ratio = statistics.median(a / b for a, b in zip(costs[names[0]], costs[name]))
        of = pathlib.Path(name).name
        results.add(Figure(f"PUBLISH, pipeline {pipeline}, CPU per delivery", ratio,
                           target=TARGET if name == "redis" else None, of=of, note=f"of {of}",
                           peers=medians, peers_unit="us"))


def measure(server, subscribers, pipeline, messages):
    """Microseconds of the server's CPU for each delivered message."""
    subscribed, heard = multiprocessing.Event(), multiprocessing.Event()
    audience = multiprocessing.Process(
        target=listen, args=(server.port, subscribers, messages, subscribed, heard))
    audience.start()
    try:
        if not subscribed.wait(PATIENCE):
            raise SystemExit(f"bench: {server.name} takes no subscribers")
        before = cpu_nanos(server)
        publish(server, pipeline, messages)
        if not heard.wait(PATIENCE):
            raise SystemExit(f"bench: {server.name} does not deliver")
        return (cpu_nanos(server) - before) / 1000 / (messages * subscribers)
    finally:
        audience.terminate()
        audience.join()


def publish(server, pipeline, messages):
    with server.connect() as connection:
        for begin in range(0, messages, pipeline):
            count = min(pipeline, messages - begin)
            connection.pipeline([["publish", "news", MESSAGE]] * count)


def listen(port, subscribers, messages, subscribed, heard):
    """Subscribes many times and reads until all have heard all."""
    processes.pin(processes.LOAD_CORE)
    expected = messages * len(resp.encode(["message", "news", MESSAGE]))
    poller, left = select.epoll(), {}
    for _ in range(subscribers):
        peer = socket.create_connection(("127.0.0.1", port))
        peer.sendall(resp.encode(["subscribe", "news"]))
        peer.recv(100)
        poller.register(peer, select.EPOLLIN)
        left[peer.fileno()] = [peer, expected]
    subscribed.set()
    while left:
        for descriptor, _ in poller.poll():
            peer, missing = left[descriptor]
            left[descriptor][1] = missing = missing - len(peer.recv(1 << 16))
            if missing <= 0:
                poller.unregister(descriptor)
                del left[descriptor]
    heard.set()


def cpu_nanos(server):
    """Of all threads."""
    return sum(int(task.read_text(encoding="ascii").split()[0])
               for task in pathlib.Path(f"/proc/{server.pid}/task").glob("*/schedstat"))
