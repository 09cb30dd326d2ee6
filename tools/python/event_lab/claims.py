"""What the literature says about the models, judged by the figures of this machine.

A judge takes the rows of an experiment and returns a Verdict: whether the claim holds here (None if
the figures do not tell), and the figures that say so.
"""

import dataclasses

from event_lab.plots import si, size_text, time_text


@dataclasses.dataclass(frozen=True)
class Verdict:
    holds: bool | None
    finding: str


@dataclasses.dataclass(frozen=True)
class Claim:
    text: str
    source: str
    judge: object  # rows -> Verdict


UNKNOWN = Verdict(None, "The models that would tell were not measured.")

SCANNING = ("select", "poll")
LARGE_BYTES = 64 << 10
EVENT = ("epoll", "epoll-et", "kqueue", "io_uring")


def value(rows, field, **wanted):
    """The field of the row that has the wanted values, or None."""
    for row in rows:
        if all(row.get(key) == wish for key, wish in wanted.items()):
            return row[field]
    return None


def ends(rows, model, x, y):
    """(x, y) at the least and at the greatest x of a model; None with fewer than two."""
    points = sorted((row[x], row[y]) for row in rows if row["model"] == model)
    return (points[0], points[-1]) if len(points) > 1 else None


def growth(rows, models, x, y):
    """How often y multiplied from the least to the greatest x, for each model that tells."""
    found = {}
    for model in models:
        pair = ends(rows, model, x, y)
        if pair and pair[0][1] > 0:
            found[model] = pair[1][1] / pair[0][1]
    return found


def times(factors):
    return ", ".join(f"{model} {factor:.1f}×" for model, factor in factors.items())


def idle_cost(rows):
    scanning = growth(rows, SCANNING, "idle", "cpu_us")
    event = growth(rows, EVENT, "idle", "cpu_us")
    if not scanning or not event:
        return UNKNOWN
    most = max(row["idle"] for row in rows)
    holds = min(scanning.values()) >= 2 and max(event.values()) <= 1.5
    return Verdict(holds, f"CPU per request from no idle connection to as many as the model took "
                          f"(at most {si(most)}): {times(scanning)}; {times(event)}.")


def idle_tail(rows):
    levels = sorted({row["idle"] for row in rows if row["model"] == "poll"})
    if not levels:
        return UNKNOWN
    poll = value(rows, "p99_us", model="poll", idle=levels[-1])
    epoll = value(rows, "p99_us", model="epoll", idle=levels[-1])
    if poll is None or epoll is None:
        return UNKNOWN
    return Verdict(poll >= 1.5 * epoll,
                   f"With {si(levels[-1])} idle connections, p99 is {time_text(poll)} with poll, "
                   f"{time_text(epoll)} with epoll.")


def idle_none(rows):
    poll = value(rows, "cpu_us", model="poll", idle=0)
    epoll = value(rows, "cpu_us", model="epoll", idle=0)
    if poll is None or epoll is None:
        return UNKNOWN
    return Verdict(poll <= 1.15 * epoll,
                   f"Without idle connections, a request costs {poll:.1f} µs with poll, "
                   f"{epoll:.1f} µs with epoll.")


def threads_are_as_prompt(rows):
    levels = sorted({row["idle"] for row in rows if row["model"] == "threads"})
    if not levels:
        return UNKNOWN
    threads = value(rows, "p50_us", model="threads", idle=levels[-1])
    epoll = value(rows, "p50_us", model="epoll", idle=levels[-1])
    if epoll is None:
        return UNKNOWN
    return Verdict(threads <= 1.25 * epoll,
                   f"With {si(levels[-1])} idle connections, half of the requests are answered "
                   f"within {time_text(threads)} by threads, {time_text(epoll)} by epoll.")


def of_peak(rows, model):
    """Throughput at the most connections as a share of the model's best."""
    points = sorted((row["active"], row["per_second"]) for row in rows if row["model"] == model)
    if len(points) < 2:
        return None
    return points[-1][1] / max(rate for _, rate in points)


def threads_degrade(rows):
    threads, epoll = of_peak(rows, "threads"), of_peak(rows, "epoll")
    if threads is None or epoll is None:
        return UNKNOWN
    most = max(row["active"] for row in rows)
    return Verdict(threads < 0.8 * epoll,
                   f"At {si(most)} active connections, threads serve {threads:.0%} of their own "
                   f"best rate, epoll {epoll:.0%}.")


def mean_ratio(rows, field, model, other):
    """Of the figures of two models, over the numbers of active connections above one."""
    ratios = []
    for level in sorted({row["active"] for row in rows if row["active"] > 1}):
        one = value(rows, field, model=model, active=level)
        another = value(rows, field, model=other, active=level)
        if one and another:
            ratios.append(one / another)
    return sum(ratios) / len(ratios) if ratios else None


def edge_is_no_faster(rows):
    ratio = mean_ratio(rows, "cpu_us", "epoll-et", "epoll")
    if ratio is None:
        return UNKNOWN
    return Verdict(ratio >= 0.95, f"Edge-triggered epoll costs {ratio:.2f} times the CPU of "
                                  f"level-triggered, averaged over the numbers of connections "
                                  f"above 1.")


def ring_saves_calls(rows):
    levels = sorted({row["active"] for row in rows})
    if not levels:
        return UNKNOWN
    ring = value(rows, "calls", model="io_uring", active=levels[-1])
    epoll = value(rows, "calls", model="epoll", active=levels[-1])
    if ring is None or epoll is None:
        return UNKNOWN
    return Verdict(ring <= epoll / 4, f"With {si(levels[-1])} active connections a request takes "
                                      f"{ring:.2f} system calls over io_uring, {epoll:.2f} over "
                                      f"epoll.")


def batching_is_faster(rows):
    ratio = mean_ratio(rows, "ping_cpu_us", "io_uring", "epoll")
    if ratio is None:
        return UNKNOWN
    return Verdict(ratio <= 0.95, f"A PING over io_uring costs {ratio:.2f} times the CPU of one "
                                  f"over epoll, averaged over the numbers of connections above 1.")


def rearming_costs(rows):
    levels = sorted({row["active"] for row in rows})
    if not levels:
        return UNKNOWN
    oneshot = value(rows, "calls", model="epoll-oneshot", active=levels[-1])
    epoll = value(rows, "calls", model="epoll", active=levels[-1])
    if oneshot is None or epoll is None:
        return UNKNOWN
    return Verdict(oneshot - epoll >= 0.7, f"EPOLLONESHOT takes {oneshot:.2f} system calls a "
                                           f"request, level-triggered epoll {epoll:.2f}.")


def herd(rows):
    shared = value(rows, "wakeups", mode="shared", burst=1)
    exclusive = value(rows, "wakeups", mode="exclusive", burst=1)
    if shared is None or exclusive is None:
        return UNKNOWN
    return Verdict(shared >= 1.2 * exclusive and exclusive <= 1.1,
                   f"One connection at a time wakes {shared:.2f} loops of a shared listener, "
                   f"{exclusive:.2f} with EPOLLEXCLUSIVE.")


def spread_evenly(rows):
    found = {mode: value(rows, "least_share", mode=mode, burst=1)
             for mode in ("reuseport", "exclusive")}
    if None in found.values():
        return UNKNOWN
    return Verdict(found["reuseport"] >= 0.4 and found["reuseport"] > found["exclusive"],
                   f"The loop that got less took {found['reuseport']:.0%} of the connections with "
                   f"SO_REUSEPORT, {found['exclusive']:.0%} with EPOLLEXCLUSIVE.")


def total_memory(rows, model):
    resident = value(rows, "resident", model=model)
    return None if resident is None else resident + value(rows, "kernel_stack", model=model)


def threads_weigh(rows):
    threads, epoll = total_memory(rows, "threads"), total_memory(rows, "epoll")
    if threads is None or epoll is None:
        return UNKNOWN
    return Verdict(threads >= 4 * max(epoll, 1),
                   f"A connection takes {size_text(threads)} with a thread, its kernel stack "
                   f"included, {size_text(epoll)} on the epoll loop, sockets left out.")


def zero_copy_pays(rows):
    if not rows:
        return UNKNOWN
    size = max(row["size"] for row in rows)
    copy = value(rows, "cpu_us", mode="copy", size=size)
    zero = value(rows, "cpu_us", mode="zerocopy", size=size)
    if copy is None or zero is None:
        return UNKNOWN
    copied = value(rows, "copied", mode="zerocopy", size=size)
    finding = (f"A reply of {size_text(size)} costs {time_text(zero)} with MSG_ZEROCOPY, "
               f"{time_text(copy)} copied.")
    if copied > 0.5:
        return Verdict(None, f"{finding} The kernel reported {copied:.0%} of the sends as copied "
                             f"after all, as it must over loopback: that does not test the claim.")
    return Verdict(zero <= 0.9 * copy, finding)


def sendfile_pays(rows):
    ratios = []
    for size in sorted({row["size"] for row in rows if row["size"] >= LARGE_BYTES}):
        copy = value(rows, "cpu_us", mode="copy", size=size)
        file = value(rows, "cpu_us", mode="sendfile", size=size)
        if copy and file:
            ratios.append(file / copy)
    if not ratios:
        return UNKNOWN
    ratio = sum(ratios) / len(ratios)
    return Verdict(ratio <= 0.9, f"A reply by sendfile costs {ratio:.2f} times the CPU of one by "
                                 f"send, averaged over the sizes from {size_text(LARGE_BYTES)}.")


def disk_stalls(rows):
    blocking = value(rows, "stall_p50_us", mode="blocking")
    thread = value(rows, "stall_p50_us", mode="thread")
    if blocking is None or thread is None:
        return UNKNOWN
    return Verdict(blocking >= 3 * thread, f"A timer of the loop is late by {time_text(blocking)} "
                                           f"(p50) if the loop syncs, by {time_text(thread)} if a "
                                           f"helper thread does.")


def ring_needs_no_thread(rows):
    blocking = value(rows, "stall_p50_us", mode="blocking")
    ring = value(rows, "stall_p50_us", mode="io_uring")
    rate = value(rows, "syncs_per_second", mode="io_uring")
    thread_rate = value(rows, "syncs_per_second", mode="thread")
    if None in (blocking, ring, rate, thread_rate):
        return UNKNOWN
    return Verdict(blocking >= 3 * ring and rate >= 0.75 * thread_rate,
                   f"Linked requests leave the timer late by {time_text(ring)} (p50) at {si(rate)} "
                   f"syncs a second; the helper thread makes {si(thread_rate)}.")


def edges_must_drain(rows):
    if len(rows) < 2:
        return UNKNOWN
    drained, once = rows[0], rows[1]
    return Verdict(drained["received"] == drained["sent"] and once["received"] < once["sent"],
                   f"Of {size_text(once['sent'])} the reader that takes one buffer for an edge "
                   f"received {size_text(once['received'])}, the one that drains "
                   f"{size_text(drained['received'])}.")


BANGA = "Banga, Mogul, Druschel: A Scalable and Explicit Event Delivery Mechanism for UNIX, 1999"
GAMMO = ("Gammo, Brecht, Shukla, Pariag: Comparing and Evaluating epoll, select, and poll Event "
         "Mechanisms, 2004")
AXBOE = "Axboe: Efficient IO with io_uring, 2019"

IDLE_COST = Claim("The cost of select and poll grows with the connections that are watched; that "
                  "of an interface that delivers events depends on the active ones only.", BANGA,
                  idle_cost)
IDLE_TAIL = Claim("Scanning idle connections lengthens the wait of the active ones.", BANGA,
                  idle_tail)
IDLE_NONE = Claim("Without idle connections, poll does as well as epoll.", GAMMO, idle_none)
THREADS_PROMPT = Claim("Threads that wait cost those that work nothing: a thread for each "
                       "connection answers as promptly as an event loop.",
                       "von Behren, Condit, Brewer: Why Events Are a Bad Idea (for "
                       "High-Concurrency Servers), 2003", threads_are_as_prompt)
BATCHING = Claim("A server whose system calls are batched has a core to serve more requests with "
                 "than one that makes each by itself.", "Soares, Stumm: FlexSC, Flexible System "
                 "Call Scheduling with Exception-Less System Calls, 2010", batching_is_faster)
THREADS_DEGRADE = Claim("A server with a thread for each connection loses throughput as "
                        "connections are added, an event-driven one keeps it.",
                        "Welsh, Culler, Brewer: SEDA, an Architecture for Well-Conditioned, "
                        "Scalable Internet Services, 2001", threads_degrade)
EDGE_NO_FASTER = Claim("Edge-triggered epoll is not faster than level-triggered epoll.", GAMMO,
                       edge_is_no_faster)
RING_SAVES_CALLS = Claim("Requests in a shared ring need a fraction of the system calls, since one "
                         "call submits and reaps many.", AXBOE, ring_saves_calls)
REARMING = Claim("Changing what is watched one call at a time is epoll's overhead: re-arming after "
                 "each event adds a call to each request.", GAMMO, rearming_costs)
HERD = Claim("A connection wakes every process that waits for the listener, and all but one in "
             "vain; waking one of them suffices.",
             "Molloy, Lever: accept() Scalability on Linux, 2000", herd)
REUSEPORT = Claim("Listeners of their own, bound with SO_REUSEPORT, spread connections more evenly "
                  "over loops than a shared listener.",
                  "Kerrisk: The SO_REUSEPORT socket option, LWN.net, 2013", spread_evenly)
THREADS_WEIGH = Claim("The stacks of a thread for each connection are what memory is spent on; an "
                      "event loop needs a few bytes of state.", "Kegel: The C10K Problem, 1999",
                      threads_weigh)
ZERO_COPY = Claim("For large messages, sending without a copy saves CPU time.",
                  "de Bruijn, Dumazet: sendmsg copy avoidance with MSG_ZEROCOPY, 2017",
                  zero_copy_pays)
SENDFILE = Claim("A file is sent from the page cache more cheaply than from the process's memory.",
                 "Pai, Druschel, Zwaenepoel: IO-Lite, a Unified I/O Buffering and Caching System, "
                 "1999", sendfile_pays)
DISK_STALLS = Claim("A disk operation on the event loop stalls everyone; a helper keeps the loop "
                    "responsive.", "Pai, Druschel, Zwaenepoel: Flash, an Efficient and Portable "
                    "Web Server, 1999", disk_stalls)
RING_DISK = Claim("Asynchronous requests to the kernel do the same without a thread of one's own.",
                  AXBOE, ring_needs_no_thread)
EDGES = Claim("An edge-triggered reader that does not read until nothing is left waits for ever "
              "for bytes that have arrived.",
              "Kerrisk: The Linux Programming Interface, 2010, chapter 63; epoll(7)",
              edges_must_drain)
