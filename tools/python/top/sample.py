"""What a running server tells of itself at one moment, and how two such moments differ."""

import dataclasses
import time

import resp

SLOWLOG_ENTRIES = 128
SLOW_TICKS = 32


@dataclasses.dataclass(frozen=True)
class CommandCount:
    calls: int
    micros: float


@dataclasses.dataclass(frozen=True)
class SlowCommand:
    time: float  # Unix seconds
    micros: int
    words: list


@dataclasses.dataclass(frozen=True)
class LatencyEvent:
    name: str
    time: float  # Unix seconds
    latest_millis: int
    longest_millis: int


@dataclasses.dataclass(frozen=True)
class Sample:
    info: dict
    micros: float  # the server's wall time
    slow_commands: tuple = ()
    events: tuple = ()
    slow_ticks: tuple = ()  # maps, the slowest first; of solokv

    def number(self, field):
        """A field of INFO as a number; 0 if the server has none."""
        try:
            return float(self.info.get(field, 0))
        except ValueError:
            return 0.0

    def has(self, field):
        return field in self.info

    def group(self, field):
        """The parts of a field that has several: a=1,b=2."""
        return dict(part.split("=", 1) for part in self.info.get(field, "").split(",")
                    if "=" in part)

    def commands(self):
        """Calls and time of each command by name."""
        prefix = "cmdstat_"
        found = {}
        for field in self.info:
            if field.startswith(prefix):
                parts = self.group(field)
                found[field.removeprefix(prefix)] = CommandCount(int(parts["calls"]),
                                                                 float(parts["usec"]))
        return found

    def databases(self):
        """Keys, and how many of them expire."""
        parts = [self.group(field) for field in self.info
                 if field.startswith("db") and field[2:].isdigit()]
        return (sum(int(part.get("keys", 0)) for part in parts),
                sum(int(part.get("expires", 0)) for part in parts))


def take(connection):
    """Asks a server; what it does not know is left empty."""
    everything, eventloop, slowlog, latest, ticks = connection.pipeline([
        ["info", "everything"], ["info", "eventloop"], ["slowlog", "get", SLOWLOG_ENTRIES],
        ["latency", "latest"], ["latency", "slowticks", SLOW_TICKS]])
    if isinstance(everything, resp.ReplyError):
        raise everything
    info = resp.parse_info(everything)
    if isinstance(eventloop, str):
        info.update(resp.parse_info(eventloop))
    return Sample(
        info=info,
        micros=float(info.get("server_time_usec", time.time() * 1e6)),
        slow_commands=tuple(SlowCommand(entry[1], entry[2], entry[3]) for entry in known(slowlog)),
        events=tuple(LatencyEvent(*event[:4]) for event in known(latest)),
        slow_ticks=tuple(resp.pairs(tick) for tick in known(ticks)))


def known(reply):
    """A list, empty where the server answered with an error."""
    return reply if isinstance(reply, list) else []


@dataclasses.dataclass(frozen=True)
class Change:
    """From one sample to the next."""
    before: Sample
    now: Sample

    @property
    def seconds(self):
        return max((self.now.micros - self.before.micros) / 1e6, 1e-6)

    def delta(self, *fields):
        """By how much fields grew, in sum. Counters that were reset count from zero."""
        grown = 0.0
        for field in fields:
            value = self.now.number(field)
            difference = value - self.before.number(field)
            grown += difference if difference >= 0 else value
        return grown

    def rate(self, *fields):
        return self.delta(*fields) / self.seconds

    def cpu_micros(self):
        return 1e6 * self.delta("used_cpu_sys", "used_cpu_user")

    def commands(self):
        """What each command that ran meanwhile did, the most time first."""
        before = self.before.commands()
        found = {}
        for name, count in self.now.commands().items():
            old = before.get(name, CommandCount(0, 0))
            if count.calls < old.calls:
                old = CommandCount(0, 0)
            if count.calls > old.calls:
                found[name] = CommandCount(count.calls - old.calls,
                                           max(count.micros - old.micros, 0))
        return dict(sorted(found.items(), key=lambda item: -item[1].micros))

    def phases(self):
        """Microseconds of the loop's thread by phase, `idle` last. Servers that do not tell phases
        apart have the time within commands and the rest."""
        wall = self.seconds * 1e6
        prefix = "eventloop_cpu_usec_"
        names = [field for field in self.now.info if field.startswith(prefix)]
        if names:
            found = {name.removeprefix(prefix): self.delta(name) for name in names}
        else:
            commands = sum(count.micros for count in self.commands().values())
            found = {"commands": commands, "the rest": max(self.cpu_micros() - commands, 0)}
        return {**found, "idle": max(wall - sum(found.values()), 0)}
