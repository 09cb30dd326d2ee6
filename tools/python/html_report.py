"""One self-contained HTML page: sections of text, bar charts (inline SVG) and tables. It follows
the reader's choice of light or dark, and needs nothing from elsewhere."""

import dataclasses
import html

STYLE = """
:root { color-scheme: light dark; --text: #1d2129; --faint: #667085; --line: #d5d9e0;
  --page: #ffffff; --good: #0a7d43; --bad: #c2281d; --mark: #1d2129;
  --series0: #2f6fdb; --series1: #b9bec8; --series2: #e0a030; --series3: #7a5bc4; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8ec; --faint: #98a1b0; --line: #363c47; --page: #14171c; --good: #4cc38a;
    --bad: #ff7b6b; --mark: #ffffff; --series0: #6aa2ff; --series1: #5b6372; --series2: #d9a441;
    --series3: #a78bf0; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.note { color: var(--faint); } td .note { font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
th { color: var(--faint); font-weight: 500; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
svg { width: 100%; height: auto; margin: .5rem 0; }
svg text { font-size: 12px; fill: var(--text); font-variant-numeric: tabular-nums;
  stroke: var(--page); stroke-width: 3px; paint-order: stroke; }
svg text.faint { fill: var(--faint); }
svg line.axis { stroke: var(--line); } svg line.mark { stroke: var(--mark); stroke-width: 2; }
svg .series0 { fill: var(--series0); } svg .series1 { fill: var(--series1); }
svg .series2 { fill: var(--series2); } svg .series3 { fill: var(--series3); }
"""


@dataclasses.dataclass(frozen=True)
class Bar:
    series: str
    length: float  # in the chart's own scale
    text: str


@dataclasses.dataclass(frozen=True)
class BarGroup:
    """Bars that are compared with each other, and a mark that they should not pass."""
    label: str
    bars: list
    mark: float | None = None


@dataclasses.dataclass(frozen=True)
class Cell:
    text: str
    style: str = ""  # "", "good", "bad"
    note: str = ""


def escape(text):
    return html.escape(str(text))


def page(title, note, sections, style="", script=""):
    """The whole page; `sections` are the texts that section() made. `style` and `script` are what
    it wants beyond the usual."""
    scripts = f"<script>{script}</script>" if script else ""
    return (f"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            f"<meta name=\"viewport\" content=\"width=device-width\">"
            f"<title>{escape(title)}</title><style>{STYLE}{style}</style>{scripts}</head><body>"
            f"<h1>{escape(title)}</h1><p class=\"note\">{escape(note)}</p>"
            + "".join(sections) + "</body></html>\n")


def section(title, note, *parts):
    return (f"<section><h2>{escape(title)}</h2><p class=\"note\">{escape(note)}</p>"
            + "".join(parts) + "</section>\n")


def table(header, rows):
    """`rows` hold texts or Cells."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value):
    if not isinstance(value, Cell):
        value = Cell(str(value))
    style = f' class="{value.style}"' if value.style else ""
    note = f'<div class="note">{escape(value.note)}</div>' if value.note else ""
    return f"<td{style}>{escape(value.text)}{note}</td>"


# Measures of a bar chart, in the units of its view box.
WIDTH, LABEL_WIDTH, VALUE_WIDTH = 960, 380, 90
BAR, BAR_GAP, GROUP_GAP, LEGEND = 13, 2, 10, 24


def bar_chart(groups, unit):
    """Horizontal bars in groups; the longest length takes the whole width. `unit` says what the
    lengths mean."""
    series = list(dict.fromkeys(bar.series for group in groups for bar in group.bars))
    longest = max([1e-9] + [bar.length for group in groups for bar in group.bars]
                  + [group.mark for group in groups if group.mark is not None])
    scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest
    parts = [_legend(series, unit)]
    top = LEGEND
    for group in groups:
        parts.append(_bar_group(group, series, scale, top))
        top += len(group.bars) * (BAR + BAR_GAP) + GROUP_GAP
    axis = f'<line class="axis" x1="{LABEL_WIDTH}" x2="{LABEL_WIDTH}" y1="{LEGEND}" y2="{top}"/>'
    return (f'<svg viewBox="0 0 {WIDTH} {top}" role="img" aria-label="{escape(unit)}">'
            f"{axis}{''.join(parts)}</svg>")


def _legend(series, unit):
    parts = []
    left = LABEL_WIDTH
    for index, name in enumerate(series if len(series) > 1 else []):
        parts.append(f'<rect class="series{index % 4}" x="{left}" y="4" width="10" height="10"/>'
                     f'<text x="{left + 14}" y="13">{escape(name)}</text>')
        left += 34 + 7 * len(name)
    parts.append(f'<text class="faint" x="{left}" y="13">{escape(unit)}</text>')
    return "".join(parts)


def _bar_group(group, series, scale, top):
    height = len(group.bars) * (BAR + BAR_GAP)
    shapes = []
    texts = [f'<text x="{LABEL_WIDTH - 8}" y="{top + height / 2 + 3:.1f}" text-anchor="end">'
             f"{escape(group.label)}</text>"]
    for index, bar in enumerate(group.bars):
        y = top + index * (BAR + BAR_GAP)
        width = max(bar.length * scale, 0)
        shapes.append(f'<rect class="series{series.index(bar.series) % 4}" x="{LABEL_WIDTH}" '
                      f'y="{y}" width="{width:.1f}" height="{BAR}"/>')
        texts.append(f'<text x="{LABEL_WIDTH + width + 6:.1f}" y="{y + BAR - 2}">'
                     f"{escape(bar.text)}</text>")
    if group.mark is not None:
        x = LABEL_WIDTH + group.mark * scale
        shapes.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 2}" '
                      f'y2="{top + height}"/>')
    return "".join(shapes + texts)
