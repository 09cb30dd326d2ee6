"""Rows drawn as SVG: lines over logarithmic axes, and bars.

A plot takes its colours from classes (f-threads, f-scan, f-epoll, f-io_uring, f-peer), which the
page defines for light and dark. Within a family, series differ by dashes and markers, and every
line carries its name at its end. Each series is a group of class "series" with data-name.
"""

import math
from html import escape

WIDTH, HEIGHT = 860, 430
LEFT, RIGHT, TOP, BOTTOM = 70, 165, 16, 50
LABEL_GAP, TICK_GAP, LEADER = 14, 34, 36
MARKERS = ("circle", "square", "triangle", "diamond", "ring")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "1 5")


def si(value):
    """A number with at most three digits and a unit prefix."""
    if value == 0:
        return "0"
    for limit, divisor, suffix in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e3, 1e3, "k")):
        if abs(value) >= limit * 0.9995:
            return f"{value / divisor:.3g}{suffix}"
    return f"{value:.3g}"


def size_text(size):
    """Bytes in binary units."""
    for limit, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= limit:
            return f"{size / limit:.3g} {unit}"
    return f"{size:.3g} B"


def time_text(microseconds):
    return (f"{microseconds / 1e3:.3g} ms" if microseconds >= 1e3 else f"{microseconds:.3g} µs")


class LogAxis:
    """Maps values to pixels; zero, which has no logarithm, lies one step before the least."""

    def __init__(self, values, start, end):
        positive = [value for value in values if value > 0] or [1]
        self.low, self.high = min(positive), max(positive)
        self.zero = any(value <= 0 for value in values)
        if self.high / self.low < 1.5:
            self.low, self.high = self.low / 1.5, self.high * 1.5
        self.start, self.end = start, end
        self.first = start + (end - start) * 0.12 if self.zero else start

    def at(self, value):
        if value <= 0:
            return self.start
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.first + (self.end - self.first) * share

    def ticks(self):
        found = [0] if self.zero else []
        decades = math.log10(self.high / self.low)
        steps = (1,) if decades > 3.5 else (1, 3) if decades > 1.6 else (1, 2, 5)
        for exponent in range(math.floor(math.log10(self.low)),
                              math.ceil(math.log10(self.high)) + 1):
            found += [step * 10.0 ** exponent for step in steps
                      if self.low * 0.999 <= step * 10.0 ** exponent <= self.high * 1.001]
        return found


def x_ticks(axis, values):
    """Those of the values that have room for their labels, the ones that occur most first."""
    chosen = []
    for value in sorted(set(values), key=lambda value: (-values.count(value), value)):
        if all(abs(axis.at(value) - axis.at(other)) >= TICK_GAP for other in chosen):
            chosen.append(value)
    return chosen


def marker(shape, x, y, title):
    title = f"<title>{escape(title)}</title>"
    if shape == "square":
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7">{title}</rect>'
    if shape == "triangle":
        return (f'<path d="M{x:.1f} {y - 4.5:.1f}l4.5 8h-9z">{title}</path>')
    if shape == "diamond":
        return f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z">{title}</path>'
    hollow = ' class="hollow"' if shape == "ring" else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"{hollow}>{title}</circle>'


def spread(positions, low, high):
    """The positions moved apart to LABEL_GAP, in their order, within the range."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    gap = min(LABEL_GAP, (high - low) / max(len(order), 1))
    placed = [0.0] * len(positions)
    least = low
    for i in order:
        placed[i] = max(positions[i], least)
        least = placed[i] + gap
    most = high
    for i in reversed(order):
        placed[i] = min(placed[i], most)
        most = placed[i] - gap
    return placed


def frame(name, body, height=HEIGHT):
    return (f'<svg class="plot" role="img" aria-label="{escape(name)}" '
            f'viewBox="0 0 {WIDTH} {height}">{body}</svg>')


def styles(families):
    """A dash and a marker for each series, by its place within its family."""
    seen = {}
    for name, family in families.items():
        place = seen.setdefault(family, [])
        place.append(name)
        yield name, (DASHES[(len(place) - 1) % len(DASHES)],
                     MARKERS[(len(place) - 1) % len(MARKERS)])


def lines(name, rows, x, y, x_label, y_label, series="model"):
    """Lines over two logarithmic axes, one for each value of the field `series`."""
    families, groups = {}, {}
    for row in rows:
        families[row[series]] = row.get("family", "epoll")
        groups.setdefault(row[series], []).append((row[x], row[y]))
    looks = dict(styles(families))
    across = LogAxis([row[x] for row in rows], LEFT, WIDTH - RIGHT)
    up = LogAxis([row[y] for row in rows], HEIGHT - BOTTOM, TOP)
    body = [axes(across, up, x_ticks(across, [row[x] for row in rows]), x_label, y_label)]
    ends = [sorted(points)[-1] for points in groups.values()]
    labels = spread([up.at(end[1]) for end in ends], TOP + 4, HEIGHT - BOTTOM)
    for (title, points), end, label in zip(groups.items(), ends, labels):
        points = sorted(points)
        dash, shape = looks[title]
        path = " ".join(f"{'L' if i else 'M'}{across.at(px):.1f} {up.at(py):.1f}"
                        for i, (px, py) in enumerate(points))
        body.append(f'<g class="series f-{families[title]}" data-name="{escape(title)}" '
                    f'tabindex="0"><path class="line" stroke-dasharray="{dash}" d="{path}"/>')
        body += [marker(shape, across.at(px), up.at(py),
                        f"{title}: {si(py)} at {si(px)}") for px, py in points]
        right = WIDTH - RIGHT + LEADER
        body.append(f'<path class="leader" d="M{across.at(end[0]) + 5:.1f} {up.at(end[1]):.1f}'
                    f'L{right - 2} {label:.1f}"/>'
                    f'<text class="name" x="{right}" y="{label + 4:.1f}">{escape(title)}'
                    "</text></g>")
    return frame(name, "".join(body))


def axes(across, up, ticks, x_label, y_label):
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    body = ['<g class="axis">']
    for tick in up.ticks():
        y = up.at(tick)
        body.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>'
                    f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{si(tick)}</text>')
    for tick in ticks:
        x = across.at(tick)
        body.append(f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>'
                    f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{si(tick)}</text>')
    body.append(f'<path class="edge" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
                f'<text class="title" x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" '
                f'text-anchor="middle">{escape(x_label)}</text>'
                f'<text class="title" transform="translate(16 {(TOP + bottom) / 2}) rotate(-90)" '
                f'text-anchor="middle">{escape(y_label)}</text></g>')
    return "".join(body)


BAR, BAR_GAP = 18, 6
NAME_WIDTH, VALUE_WIDTH = 190, 90


def bars(name, items, unit, logarithmic=False):
    """Horizontal bars of (name, family, value), each with its value; from the least if the scale
    is logarithmic, which spans too much to show otherwise."""
    items = list(items)
    room = WIDTH - NAME_WIDTH - VALUE_WIDTH
    most = max((value for _, _, value in items), default=1) or 1
    least = min((value for _, _, value in items if value > 0), default=1) / 2
    body = []
    for i, (title, family, value) in enumerate(items):
        y = 10 + i * (BAR + BAR_GAP)
        share = value / most
        if logarithmic:
            share = math.log(value / least) / math.log(most / least) if value > least else 0
        width = max(share * room, 1)
        body.append(
            f'<g class="series f-{family}" data-name="{escape(title)}" tabindex="0">'
            f'<text class="name" x="{NAME_WIDTH - 8}" y="{y + 13}" text-anchor="end">'
            f'{escape(title)}</text><rect x="{NAME_WIDTH}" y="{y}" width="{width:.1f}" '
            f'height="{BAR}" rx="2"><title>{escape(title)}: {si(value)} {escape(unit)}</title>'
            f'</rect><text class="value" x="{NAME_WIDTH + width + 6:.1f}" y="{y + 13}">'
            f'{si(value)}</text></g>')
    height = 10 + len(items) * (BAR + BAR_GAP) + 26
    scale = ", logarithmic" if logarithmic else ""
    body.append(f'<g class="axis"><path class="edge" d="M{NAME_WIDTH} 4V{height - 28}"/>'
                f'<text class="title" x="{NAME_WIDTH}" y="{height - 8}">{escape(unit + scale)}'
                "</text></g>")
    return frame(name, "".join(body), height)
