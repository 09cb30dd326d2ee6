"""What was measured: figures in sections, each beside its target, printed as they come and written
as one HTML page."""

import dataclasses
import datetime
import pathlib
import platform
import shlex
import sys

import html_report


@dataclasses.dataclass(frozen=True)
class Figure:
    """One number that was measured. Without a target it is only reported."""
    what: str
    value: float
    unit: str = ""
    target: float | None = None  # the most that it may be
    note: str = ""
    # What it was made of: the same quantity of each server, in `peers_unit`.
    peers: dict = dataclasses.field(default_factory=dict)
    peers_unit: str = ""
    of: str = ""  # the server that a ratio divides by

    @property
    def met(self):
        return self.target is None or self.value <= self.target

    @property
    def verdict(self):
        if self.target is None:
            return ""
        return f"target <= {self.target:g}" + ("" if self.met else "  MISSED")


class Results:
    """The sections of a run."""

    def __init__(self):
        self.sections = []

    def begin(self, title, note=""):
        self.sections.append((title, note, []))
        print(title + (f": {note}" if note else ""), flush=True)

    def add(self, figure, show=True):
        self.sections[-1][2].append(figure)
        if not show:
            return
        line = f"  {figure.what:<44}{figure.value:9.3f} {figure.unit:<6} {figure.verdict}"
        print((line + (f"  {figure.note}" if figure.note else "")).rstrip(), flush=True)

    def figures(self):
        return [figure for _, _, figures in self.sections for figure in figures]

    def print_summary(self):
        judged = [figure for figure in self.figures() if figure.target is not None]
        missed = [figure for figure in judged if not figure.met]
        print(f"{len(judged) - len(missed)} of {len(judged)} targets met"
              + ("; missed:" if missed else ""))
        for figure in missed:
            print(f"  {figure.what}: {figure.value:.3f} {figure.unit} {figure.verdict}")

    def write(self, path):
        judged = [figure for figure in self.figures() if figure.target is not None]
        met = sum(figure.met for figure in judged)
        note = (f"{met} of {len(judged)} targets met. {machine()}. "
                f"{datetime.datetime.now():%Y-%m-%d %H:%M}. {shlex.join(command_line())}")
        sections = [section_html(*section) for section in self.sections if section[2]]
        pathlib.Path(path).write_text(html_report.page("solokv, measured", note, sections),
                                      encoding="utf-8")


def command_line():
    return ["tools/bench", *sys.argv[1:]]


def machine():
    model = platform.machine()
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{model}, {platform.system()} {platform.release()}"


def section_html(title, note, figures):
    return html_report.section(title, note, *charts(figures), figure_table(figures))


def figure_table(figures):
    servers = list(dict.fromkeys(name for figure in figures for name in figure.peers))
    header = ["", *servers, "measured", "target", ""]
    rows = []
    for figure in figures:
        label = figure.what + (f" ({figure.peers_unit})" if figure.peers else "")
        measured = f"{figure.value:.3f} " + (f"of {figure.of}" if figure.of else figure.unit)
        target = "" if figure.target is None else f"\u2264 {figure.target:g}"
        verdict = html_report.Cell("")
        if figure.target is not None:
            verdict = (html_report.Cell("met", "good") if figure.met
                       else html_report.Cell("missed", "bad"))
        peers = [f"{figure.peers[name]:.3f}" if name in figure.peers else "" for name in servers]
        rows.append([html_report.Cell(label, note=figure.note), *peers, measured, target, verdict])
    return html_report.table(header, rows)


def charts(figures):
    compared = [group for group in map(compared_bars, figures) if group]
    judged = [group for group in map(target_bar, figures) if group]
    return ([html_report.bar_chart(compared, "by redis-server; the mark is the target")]
            if compared else []) + (
           [html_report.bar_chart(judged, "by the target, which is the mark")] if judged else [])


def compared_bars(figure):
    """Each server's figure by that of redis-server, or by the one that the ratio is of."""
    base = figure.peers.get("redis") or figure.peers.get(figure.of)
    if not base:
        return None
    bars = [html_report.Bar(name, value / base, f"{value:.3g} {figure.peers_unit}")
            for name, value in figure.peers.items()]
    mark = None
    if figure.target is not None and figure.of in figure.peers:
        mark = figure.target * figure.peers[figure.of] / base
    return html_report.BarGroup(figure.what, bars, mark)


LONGEST_BY_TARGET = 3


def target_bar(figure):
    if not figure.target or figure.peers:
        return None
    bar = html_report.Bar("solokv", min(figure.value / figure.target, LONGEST_BY_TARGET),
                          f"{figure.value:.3g} {figure.unit}")
    return html_report.BarGroup(figure.what, [bar], 1)
