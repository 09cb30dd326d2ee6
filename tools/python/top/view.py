"""Draws a change of a server as lines of styled text."""

import time

# Styles of a piece of text.
PLAIN, STRONG, FAINT, BAR, WARNING = "", "strong", "faint", "bar", "warning"

BAR_WIDTH = 30
MOST_COMMANDS, MOST_SLOW = 8, 5
EIGHTHS = " ▏▎▍▌▋▊▉█"


def frame(change, place):
    """The lines of one screen: lists of (text, style). `place` names the server's address."""
    sections = [heading(change, place), requests(change), phases(change), memory(change),
                busiest(change), slow_commands(change), slow_ticks(change), events(change)]
    lines = []
    for section in sections:
        if section:
            lines += ([[]] if lines else []) + section
    return lines


# --- texts of numbers ---

def count(number):
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= limit:
            return f"{number / (1e3 if unit == 'k' else limit):.{1 if unit == 'k' else 2}f}{unit}"
    return f"{number:.0f}"


def size(number):
    for limit, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if abs(number) >= limit:
            return f"{number / limit:.1f} {unit}"
    return f"{number:.0f} B"


def duration(micros):
    if micros >= 1e6:
        return f"{micros / 1e6:.1f} s"
    if micros >= 1e3:
        return f"{micros / 1e3:.1f} ms"
    return f"{micros:.2f} us" if micros < 10 else f"{micros:.0f} us"


def bar(share, width=BAR_WIDTH):
    eighths = round(min(max(share, 0), 1) * width * 8)
    text = "█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")
    return text.ljust(width)


def clock(seconds):
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def title(text, *rest):
    return [(text.ljust(12), STRONG), *rest]


def facts(name, *pairs):
    """A line of quantities, each behind its name."""
    line = title(name)
    for label, value in pairs:
        line += [(f"{label} ", FAINT), (f"{value}   ", PLAIN)]
    return line


def share_line(label, share, text):
    return [(f"  {label:<18}", PLAIN), (bar(share), BAR), (f"{share:7.1%}  ", PLAIN), (text, FAINT)]


# --- sections ---

def heading(change, place):
    now = change.now
    name = now.info.get("server_name", "redis")
    version = now.info.get(f"{name}_version", now.info.get("redis_version", "?"))
    uptime = int(now.number("uptime_in_seconds"))
    return [[(f"{name} {version}", STRONG),
             (f"  {place}  {now.info.get('multiplexing_api', '')}  "
              f"pid {now.info.get('process_id', '?')}  {now.info.get('role', '')}  "
              f"up {uptime // 86400}d {uptime // 3600 % 24:02}:{uptime // 60 % 60:02}:"
              f"{uptime % 60:02}  {clock(now.micros / 1e6)}", FAINT)]]


def requests(change):
    now = change.now
    commands = change.delta("total_commands_processed")
    hits, misses = change.delta("keyspace_hits"), change.delta("keyspace_misses")
    cpu = change.cpu_micros()
    keys, expiring = now.databases()
    errors = change.rate("total_error_replies")
    lines = [
        facts("requests", ("a second", count(commands / change.seconds)),
              ("hits", f"{hits / (hits + misses):.1%}" if hits + misses else "-"),
              ("cpu a request", duration(cpu / commands) if commands else "-"),
              ("busy", f"{cpu / change.seconds / 1e6:.0%}"), ("errors/s", count(errors))),
        facts("network", ("in", f"{size(change.rate('total_net_input_bytes'))}/s"),
              ("out", f"{size(change.rate('total_net_output_bytes'))}/s"),
              ("requests a receive", per(commands, change.delta("total_reads_processed"))),
              ("a send", per(commands, change.delta("total_writes_processed")))),
        facts("clients", ("connected", count(now.number("connected_clients"))),
              ("blocked", count(now.number("blocked_clients"))),
              ("new/s", count(change.rate("total_connections_received"))),
              ("refused", count(now.number("rejected_connections")))),
        facts("keys", ("all", count(keys)), ("with a TTL", count(expiring)),
              ("expired/s", count(change.rate("expired_keys"))),
              ("evicted/s", count(change.rate("evicted_keys"))), *expiry_lag(now))]
    return lines


def per(number, by):
    return f"{number / by:.1f}" if by else "-"


def expiry_lag(now):
    if not now.has("expire_lag_msec_p99"):
        return [("found expired", f"{now.info.get('expired_stale_perc', '?')} %")]
    return [("expiry lag p99", f"{now.number('expire_lag_msec_p99'):g} ms"),
            ("max", f"{now.number('expire_lag_msec_max'):g} ms")]


def phases(change):
    now = change.now
    found = change.phases()
    total = sum(found.values())
    heading_line = title("loop", ("share of the time", FAINT))
    if now.has("eventloop_ticks"):
        ticks = change.delta("eventloop_ticks")
        commands = change.delta("total_commands_processed")
        longest = now.number("eventloop_tick_cpu_usec_max")
        heading_line = facts(
            "loop", ("ticks/s", count(ticks / change.seconds)),
            ("requests a tick", per(commands, ticks)),
            ("p50", duration(now.number("eventloop_tick_wall_usec_p50"))),
            ("p99", duration(now.number("eventloop_tick_wall_usec_p99"))),
            ("p99.99", duration(now.number("eventloop_tick_wall_usec_p99_99"))),
            ("max", duration(now.number("eventloop_tick_wall_usec_max"))),
            ("max cpu", duration(longest)))
    return [heading_line] + [share_line(name, micros / total if total else 0,
                                        f"{duration(micros / change.seconds)} a second")
                             for name, micros in found.items()]


def memory_kinds(now):
    """What the resident memory is, in bytes by kind."""
    clients = now.number("mem_clients_normal") + now.number("mem_clients_slaves")
    kinds = {
        "data": now.number("used_memory_dataset"),
        "tables": max(now.number("used_memory_overhead") - now.number("used_memory_startup")
                      - clients, 0),
        "clients": clients,
        "fragments": max(now.number("allocator_frag_bytes"), 0),
        "unused": max(now.number("allocator_rss_bytes"), 0),
    }
    kinds["program"] = max(now.number("used_memory_rss") - sum(kinds.values()), 0)
    return kinds


def memory(change):
    now = change.now
    kinds = memory_kinds(now)
    total = max(sum(kinds.values()), 1)
    limit = now.number("maxmemory")
    lines = [facts("memory", ("used", size(now.number("used_memory"))),
                   ("peak", size(now.number("used_memory_peak"))),
                   ("resident", size(now.number("used_memory_rss"))),
                   ("limit", f"{size(limit)} {now.info.get('maxmemory_policy', '')}"
                    if limit else "none"),
                   ("being freed", count(now.number("lazyfree_pending_objects"))))]
    return lines + [share_line(name, amount / total, size(amount))
                    for name, amount in kinds.items()]


def busiest(change):
    found = change.commands()
    total = sum(command.micros for command in found.values())
    if not found:
        return []
    lines = [title("commands", ("share of their time, calls a second, time of a call, p99 since "
                                "the start", FAINT))]
    for name, command in list(found.items())[:MOST_COMMANDS]:
        p99 = change.now.group(f"latency_percentiles_usec_{name}").get("p99")
        lines.append(share_line(
            name.replace("|", " "), command.micros / total if total else 0,
            f"{count(command.calls / change.seconds):>8}/s"
            f"{duration(command.micros / command.calls):>10}"
            + (f"{duration(float(p99)):>10}" if p99 else "")))
    return lines


def slow_commands(change):
    slowest = sorted(change.now.slow_commands, key=lambda entry: -entry.micros)[:MOST_SLOW]
    if not slowest:
        return []
    lines = [title("slow log", ("its slowest commands", FAINT))]
    for entry in slowest:
        lines.append([(f"  {clock(entry.time)} ", FAINT),
                      (f"{duration(entry.micros):>10}", WARNING),
                      ("  " + printable(" ".join(entry.words)), PLAIN)])
    return lines


TICK_WORK = ("commands", "expired", "evicted", "freed", "accepted")


def slow_ticks(change):
    if not change.now.slow_ticks:
        return []
    lines = [title("slow ticks", ("the longest since CONFIG RESETSTAT, and what they did", FAINT))]
    for tick in change.now.slow_ticks[:MOST_SLOW]:
        spent = {name[:-5]: value for name, value in tick.items()
                 if name.endswith("-usec") and name not in ("wall-usec", "cpu-usec", "wait-usec")}
        phase = max(spent, key=spent.get)
        work = [f"{tick[name]} {name}" for name in TICK_WORK if tick.get(name)]
        lines.append([(f"  {clock(tick['time-msec'] / 1e3)} ", FAINT),
                      (f"{duration(tick['wall-usec']):>10}", WARNING),
                      (f"  cpu {duration(tick['cpu-usec'])}, {phase} {duration(spent[phase])}"
                       + "".join(f", {text}" for text in work), PLAIN)])
    return lines


def events(change):
    if not change.now.events:
        return []
    lines = [title("latency", ("events of the latency monitor: latest and longest", FAINT))]
    for event in change.now.events[:MOST_SLOW]:
        lines.append([(f"  {clock(event.time)} ", FAINT),
                      (f"{event.latest_millis} ms, {event.longest_millis} ms  ", WARNING),
                      (event.name, PLAIN)])
    return lines


def printable(text):
    return "".join(char if char.isprintable() else "." for char in text)


# --- output ---

def plain(lines):
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines) + "\n"


CODES = {STRONG: "1", FAINT: "2", BAR: "36", WARNING: "33"}


def styled(lines, width, height, color=True):
    """The lines cut to a terminal, with escape codes; each clears what was behind it."""
    rows = [styled_row(line, width, color) + "\x1b[K" for line in lines[:height]]
    return "\x1b[H" + "\n".join(rows) + "\x1b[J"


def styled_row(line, width, color):
    row = ""
    for text, style in line:
        text = text[:width]
        width -= len(text)
        code = CODES.get(style) if color else None
        row += f"\x1b[{code}m{text}\x1b[0m" if code and text else text
    return row
