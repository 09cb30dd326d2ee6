"""The page: for each experiment its plots, captioned with the claims they test, and its figures."""

import dataclasses
from html import escape

import html_report

from event_lab import claims, plots
from event_lab.plots import si


@dataclasses.dataclass(frozen=True)
class Plot:
    title: str
    svg: str
    claims: tuple  # of (Claim, Verdict)


def judged(rows, *which):
    return tuple((claim, claim.judge(rows)) for claim in which)


def idle_plots(rows):
    least = [row for row in rows if row["idle"] == 0]
    across = ("idle", "idle connections beside ten active ones")
    yield Plot("CPU time of the server for a request", plots.lines(
        "CPU time for a request over idle connections", rows, "idle", "cpu_us", across[1],
        "CPU µs per request"), judged(rows, claims.IDLE_COST))
    yield Plot("Latency that 99 % of the requests stay below", plots.lines(
        "p99 over idle connections", rows, "idle", "p99_us", across[1], "p99, µs"),
        judged(rows, claims.IDLE_TAIL))
    yield Plot("Median latency", plots.lines(
        "p50 over idle connections", rows, "idle", "p50_us", across[1], "p50, µs"),
        judged(rows, claims.THREADS_PROMPT))
    yield Plot("The same without idle connections", plots.bars(
        "CPU time for a request without idle connections",
        [(row["model"], row["family"], row["cpu_us"]) for row in least], "CPU µs per request"),
        judged(rows, claims.IDLE_NONE))


def active_plots(rows):
    yield Plot("Throughput: echo of 16 bytes", plots.lines(
        "echoes a second over active connections", rows, "active", "per_second",
        "active connections", "requests per second"), judged(rows, claims.THREADS_DEGRADE))
    yield Plot("Throughput: PING", plots.lines(
        "PINGs a second over active connections", rows, "active", "ping_per_second",
        "active connections", "requests per second"), judged(rows, claims.BATCHING))
    yield Plot("CPU time of the server for a request", plots.lines(
        "CPU time for a request over active connections", rows, "active", "cpu_us",
        "active connections", "CPU µs per request"), judged(rows, claims.EDGE_NO_FASTER))


def calls_plots(rows):
    title = "System calls for a request"
    which = judged(rows, claims.RING_SAVES_CALLS, claims.REARMING)
    if len({row["active"] for row in rows}) > 1:
        svg = plots.lines(title, [row for row in rows if row["calls"] > 0], "active", "calls",
                          "active connections", "system calls per request")
    else:
        svg = plots.bars(title, [(row["model"], row["family"], row["calls"]) for row in rows],
                         "system calls per request", logarithmic=True)
    yield Plot(title, svg, which)


STORM_FAMILY = {"shared": "scan", "exclusive": "epoll", "reuseport": "io_uring"}


def storm_name(row):
    return f"{row['mode']}, " + ("one by one" if row["burst"] == 1 else f"{row['burst']} at once")


def storm_plots(rows):
    def chart(name, field, unit):
        return plots.bars(name, [(storm_name(row), STORM_FAMILY[row["mode"]], row[field])
                                 for row in rows], unit)
    yield Plot("Wake-ups for an accepted connection", chart(
        "wake-ups for a connection", "wakeups", "wake-ups of two loops per connection"),
        judged(rows, claims.HERD))
    yield Plot("How evenly two loops share", chart(
        "the smaller share", "least_share", "connections of the loop that got less, of all"),
        judged(rows, claims.REUSEPORT))


def memory_plots(rows):
    yield Plot("Memory for a connection", plots.bars(
        "memory for a connection",
        [(row["model"], row["family"], row["resident"] + row["kernel_stack"]) for row in rows],
        "bytes per connection, kernel stacks included", logarithmic=True),
        judged(rows, claims.THREADS_WEIGH))


REPLY_FAMILY = {"copy": "threads", "zerocopy": "epoll", "io_uring-zerocopy": "io_uring",
                "sendfile": "scan", "splice": "peer"}


def reply_plots(rows):
    coloured = [{**row, "family": REPLY_FAMILY[row["mode"]]} for row in rows]
    yield Plot("CPU time of the server for a large reply", plots.lines(
        "CPU time over size", coloured, "size", "cpu_us", "bytes of a reply", "CPU µs per reply",
        series="mode"), judged(rows, claims.ZERO_COPY, claims.SENDFILE))


LOG_FAMILY = {"blocking": "threads", "thread": "scan", "aio": "epoll", "io_uring": "io_uring"}


def log_plots(rows):
    late = [(f"{row['mode']}, {share}", LOG_FAMILY[row["mode"]], row[f"stall_{share}_us"])
            for row in rows for share in ("p50", "p99")]
    yield Plot("How late a timer of the loop runs", plots.bars(
        "lateness of a timer", late, "µs", logarithmic=True), judged(rows, claims.DISK_STALLS))
    synced = [(row["mode"], LOG_FAMILY[row["mode"]], row["syncs_per_second"]) for row in rows]
    yield Plot("Records synced", plots.bars("syncs a second", synced, "syncs per second"),
               judged(rows, claims.RING_DISK))


def edge_plots(rows):
    yield Plot("Bytes received by an edge-triggered reader", plots.bars(
        "bytes received", [(row["reading"], "epoll", row["received"]) for row in rows],
        f"bytes, of {rows[0]['sent']} sent"), judged(rows, claims.EDGES))


SECTIONS = {
    "idle": ("Idle connections", "Ten active connections echo 1 KiB at a fixed rate, each request "
             "counted from when it was due, beside connections that are open and silent.",
             idle_plots),
    "active": ("Active connections", "Every connection asks again as soon as it is answered.",
               active_plots),
    "calls": ("System calls", "Counted by strace where it is permitted, which slows servers "
              "down and so lets more requests wait for each wake-up than they would otherwise.",
              calls_plots),
    "storm": ("Accept storms", "Two event loops in two threads accept from one port.", storm_plots),
    "memory": ("Memory", "Connections that have exchanged 1 KiB and are idle. Resident memory of "
               "the process and kernel stacks of its threads; the sockets themselves cost every "
               "model the same.", memory_plots),
    "replies": ("Large replies", "One connection asks for replies of a size.", reply_plots),
    "log": ("An append log", "Records of 4 KiB, each on the device before the next is written, "
            "while a timer of the same loop is due every millisecond.", log_plots),
    "edge": ("Edges without draining", "Messages of 64 KiB, each sent after the answer to the one "
             "before, read with a buffer of 4 KiB.", edge_plots),
}

# Beyond that of every report.
STYLE = """
:root { --card: #fff; --open: #667085; --threads: #555b61; --scan: #c2570c; --epoll: #2563c9;
  --uring: #14804a; --peer: #8a3fb5; }
@media (prefers-color-scheme: dark) { :root { --card: #1b1f26; --open: #98a1b0;
  --threads: #b4bac0; --scan: #f19a4e; --epoll: #7fb0ff; --uring: #5fd39a; --peer: #cf97f0; } }
h3 { margin: 0 0 .5rem; font-size: 1rem; }
figure { margin: 1rem 0; padding: 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; } figcaption { border-top: 1px solid var(--line); margin-top: .75rem;
  padding-top: .6rem; } figcaption:empty { display: none; }
cite { color: var(--faint); } .verdict { font-weight: 650; } .open { color: var(--open); }
.claim + .claim { margin-top: .75rem; } .claim p { margin: 0; }
.plot text { stroke: none; } .axis text { fill: var(--faint); }
.grid { stroke: var(--line); } .edge { stroke: var(--faint); fill: none; }
.line { fill: none; stroke-width: 1.8; } .leader { stroke-width: .7; opacity: .5; fill: none; }
.series { transition: opacity .12s; outline: none; } .dim { opacity: .14; }
.hollow { fill: var(--card) !important; stroke-width: 1.8; }
.f-threads { --hue: var(--threads); } .f-scan { --hue: var(--scan); }
.f-epoll { --hue: var(--epoll); } .f-io_uring { --hue: var(--uring); }
.f-peer { --hue: var(--peer); }
.series path, .series circle { stroke: var(--hue); } .series rect, .series circle,
.series path:not(.line):not(.leader) { fill: var(--hue); } .series text.name { fill: var(--hue); }
.wide { overflow-x: auto; font-size: 13px; } summary { cursor: pointer; color: var(--faint); }
.verdicts td, .verdicts th { text-align: left; vertical-align: top; }
"""

# Counts the plots that the browser has laid out, and lights up a model in all of them.
SCRIPT = """
"use strict";
const root = document.documentElement;
root.dataset.errors = "0";
window.addEventListener("error", () => {
  root.dataset.errors = String(1 + Number(root.dataset.errors));
});
function light(name) {
  for (const series of document.querySelectorAll(".series")) {
    series.classList.toggle("dim", name !== null && series.dataset.name !== name);
  }
}
window.addEventListener("load", () => {
  for (const plot of document.querySelectorAll("svg.plot")) {
    for (const series of plot.querySelectorAll(".series")) {
      series.addEventListener("pointerenter", () => light(series.dataset.name));
      series.addEventListener("pointerleave", () => light(null));
      series.addEventListener("focus", () => light(series.dataset.name));
      series.addEventListener("blur", () => light(null));
    }
  }
  const drawn = [...document.querySelectorAll("svg.plot")].filter((plot) => {
    const shapes = [...plot.querySelectorAll(".series rect, .series circle, .series .line")];
    return shapes.some((shape) => shape.getBoundingClientRect().width > 0);
  });
  root.dataset.plots = String(drawn.length);
});
"""

VERDICTS = {True: ("good", "Borne out here."), False: ("bad", "Not borne out here."),
            None: ("open", "Open.")}


def verdict_html(verdict):
    style, words = VERDICTS[verdict.holds]
    return f'<span class="verdict {style}">{words}</span> {escape(verdict.finding)}'


def claim_html(claim, verdict):
    return (f'<div class="claim"><p>{escape(claim.text)} <cite>{escape(claim.source)}.</cite></p>'
            f"<p>{verdict_html(verdict)}</p></div>")


def figure_html(plot):
    caption = "".join(claim_html(claim, verdict) for claim, verdict in plot.claims)
    return (f"<figure><h3>{escape(plot.title)}</h3>{plot.svg}"
            f"<figcaption>{caption}</figcaption></figure>")


def cell(number):
    return si(number) if isinstance(number, (int, float)) else str(number)


def columns(rows):
    return [name for name in rows[0] if name != "family"]


def table_html(rows):
    names = columns(rows)
    figures = html_report.table([name.replace("_", " ") for name in names],
                                [[cell(row[name]) for name in names] for row in rows])
    return f'<details><summary>the figures</summary><div class="wide">{figures}</div></details>'


def plots_of(results):
    """The plots of every experiment that has rows."""
    return {name: list(SECTIONS[name][2](rows)) for name, rows in results.items() if rows}


def overview_html(drawn):
    judged_claims = [pair for figures in drawn.values() for plot in figures for pair in plot.claims]
    rows = [(claim.text, html_report.Cell(words, style, verdict.finding))
            for claim, verdict in judged_claims for style, words in [VERDICTS[verdict.holds]]]
    return f'<div class="verdicts">{html_report.table(("claim", "on this machine"), rows)}</div>'


def page(results, machine, notes):
    """The whole page, which refers to nothing outside of itself."""
    drawn = plots_of(results)
    parts = [overview_html(drawn)]
    for name, figures in drawn.items():
        title, text, _ = SECTIONS[name]
        parts.append(html_report.section(title, text, *map(figure_html, figures),
                                         table_html(results[name])))
    if notes:
        remarks = "".join(f"<p>{escape(note)}</p>" for note in notes)
        parts.append(html_report.section("Remarks", "", remarks))
    return html_report.page("The event-loop lab", machine, parts, STYLE, SCRIPT)
