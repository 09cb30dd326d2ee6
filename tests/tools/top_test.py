#!/usr/bin/env python3
"""tools/top: what it makes of two samples, and what it shows of running servers.

  top_test.py SERVER
"""

import contextlib
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOLS / "python"))

import resp  # noqa: E402
from top import sample, terminal, view  # noqa: E402

TIMEOUT_SECONDS = 60
INTERVAL = "0.3"
server_path = None


@contextlib.contextmanager
def running(program, *arguments):
    """The path of a running server's UNIX socket."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/socket"
        process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", path, "--save", "", *arguments], cwd=directory,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while True:
                try:
                    resp.Connection(path=path).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)
            yield path
        finally:
            process.kill()
            process.wait()


def top(*arguments, **options):
    return subprocess.Popen([TOOLS / "top", *arguments], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)


def watch(path, *requests):
    """One view of a server that has these requests run all the time."""
    process = top("--once", "--socket", path, "--interval", INTERVAL)
    with resp.Connection(path=path) as connection:
        while process.poll() is None:
            connection.pipeline(requests)
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output


def line_of(output, begin):
    return next((line for line in output.splitlines() if line.strip().startswith(begin)), "")


def make_sample(seconds, **fields):
    return sample.Sample(info={name: str(value) for name, value in fields.items()},
                         micros=seconds * 1e6)


class ChangeTest(unittest.TestCase):
    def test_rates_are_by_the_clock_of_the_server(self):
        change = sample.Change(make_sample(10, calls=100), make_sample(14, calls=180))
        self.assertEqual(change.rate("calls"), 20)

    def test_counters_that_were_reset_count_from_zero(self):
        change = sample.Change(make_sample(0, calls=100, cmdstat_get="calls=50,usec=50"),
                               make_sample(1, calls=30, cmdstat_get="calls=3,usec=6"))
        self.assertEqual(change.delta("calls"), 30)
        self.assertEqual(change.commands()["get"], sample.CommandCount(3, 6))

    def test_commands_that_did_not_run_are_left_out(self):
        change = sample.Change(
            make_sample(0, cmdstat_get="calls=5,usec=5", cmdstat_set="calls=1,usec=1"),
            make_sample(1, cmdstat_get="calls=5,usec=5", cmdstat_set="calls=3,usec=9",
                        cmdstat_del="calls=1,usec=20"))
        self.assertEqual(list(change.commands().items()),
                         [("del", sample.CommandCount(1, 20)), ("set", sample.CommandCount(2, 8))])

    def test_phases_and_idle_time_make_up_the_interval(self):
        change = sample.Change(
            make_sample(0, eventloop_cpu_usec_wait=10, eventloop_cpu_usec_run=20),
            make_sample(1, eventloop_cpu_usec_wait=100_010, eventloop_cpu_usec_run=300_020))
        self.assertEqual(change.phases(), {"wait": 100_000, "run": 300_000, "idle": 600_000})

    def test_without_phases_commands_are_told_from_the_rest(self):
        change = sample.Change(
            make_sample(0, used_cpu_user=1, used_cpu_sys=1),
            make_sample(1, used_cpu_user=1.2, used_cpu_sys=1.1, cmdstat_get="calls=9,usec=100000"))
        phases = {name: round(micros) for name, micros in change.phases().items()}
        self.assertEqual(phases, {"commands": 100_000, "the rest": 200_000, "idle": 700_000})


class ViewTest(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual([view.count(n) for n in (7, 9999, 12_345, 1_234_567, 5e9)],
                         ["7", "9999", "12.3k", "1.23M", "5.00G"])
        self.assertEqual([view.size(n) for n in (100, 2048, 3 << 20, 5 << 30)],
                         ["100 B", "2.0 KiB", "3.0 MiB", "5.0 GiB"])
        self.assertEqual([view.duration(n) for n in (0.5, 250, 1500, 2_500_000)],
                         ["0.50 us", "250 us", "1.5 ms", "2.5 s"])

    def test_bars_are_of_the_same_width(self):
        for share in (-1, 0, 0.01, 0.333, 0.5, 0.999, 1, 7):
            self.assertEqual(len(view.bar(share, 10)), 10)
        self.assertEqual(view.bar(0.5, 10), "█████     ")

    def test_kinds_of_memory_make_up_what_is_resident(self):
        now = make_sample(0, used_memory_rss=1000, used_memory_dataset=400,
                          used_memory_overhead=300, used_memory_startup=100, mem_clients_normal=50,
                          allocator_frag_bytes=20, allocator_rss_bytes=30)
        kinds = view.memory_kinds(now)
        self.assertEqual(sum(kinds.values()), 1000)
        self.assertEqual(kinds["tables"], 150)

    def test_an_empty_server_can_be_drawn(self):
        self.assertIn("requests", view.plain(view.frame(
            sample.Change(make_sample(0), make_sample(1)), "nowhere")))

    def test_slow_things_are_listed_the_slowest_first(self):
        now = sample.Sample(
            info={}, micros=1e6,
            slow_commands=(sample.SlowCommand(1, 20, ["get", "a"]),
                           sample.SlowCommand(1, 3000, ["keys", "*"])),
            events=(sample.LatencyEvent("fork", 1, 7, 90),),
            slow_ticks=({"time-msec": 1000, "wall-usec": 900, "cpu-usec": 800, "wait-usec": 5000,
                         "run-usec": 600, "free-usec": 100, "commands": 12, "expired": 0},))
        output = view.plain(view.frame(sample.Change(make_sample(0), now), "nowhere"))
        self.assertLess(output.index("3.0 ms  keys *"), output.index("20 us  get a"))
        self.assertIn("7 ms, 90 ms  fork", output)
        self.assertRegex(output, r"900 us  cpu 800 us, run 600 us, 12 commands\n")

    def test_lines_are_cut_to_the_terminal(self):
        lines = [[("abc", view.STRONG), ("defgh", view.PLAIN)], [("second", view.PLAIN)],
                 [("third", view.PLAIN)]]
        drawn = view.styled(lines, width=5, height=2)
        self.assertIn("\x1b[1mabc\x1b[0mde\x1b[K", drawn)
        self.assertIn("secon", drawn)
        self.assertNotIn("third", drawn)
        self.assertNotIn("\x1b[1m", view.styled(lines, 5, 2, color=False))


class SolokvTest(unittest.TestCase):
    def test_shows_the_work_of_the_server(self):
        with running(server_path) as path:
            with resp.Connection(path=path) as connection:
                connection.run("set", "key", "value")
                connection.run("set", "short", "value", "ex", "1000")
            output = watch(path, *[["get", "key"]] * 30, *[["get", "missing"]] * 10)
        self.assertTrue(output.startswith("solokv "), output)
        self.assertIn("hits 75.0%", line_of(output, "requests"))
        self.assertRegex(line_of(output, "requests"), r"cpu a request [0-9.]+ (us|ms)")
        self.assertIn("all 2   with a TTL 1", line_of(output, "keys"))
        self.assertRegex(line_of(output, "keys"), r"expiry lag p99 \d+ ms")
        for phase in ("wait", "timers", "receive", "run", "persist", "send", "free", "idle"):
            self.assertRegex(line_of(output, phase), r"\d+\.\d%")
        memory = output.split("\nmemory")[1]
        for kind in ("data", "tables", "clients", "fragments", "unused", "program"):
            self.assertRegex(line_of(memory, kind), r"\d+\.\d%")
        self.assertIn("/s", line_of(output, "get"))
        self.assertIn("slow ticks", output)
        self.assertNotIn("\x1b", output)

    def test_shows_slow_commands(self):
        with running(server_path, "--slowlog-log-slower-than", "0") as path:
            output = watch(path, ["set", "key", "a\x01b"])
        self.assertRegex(output, r"(us|ms)  (SET|set) key a\.b")

    def test_asks_for_the_password(self):
        with running(server_path, "--requirepass", "secret") as path:
            for password, status in (("secret", 0), ("wrong", 1)):
                process = top("--once", "--socket", path, "--interval", "0.01", "--password",
                              password)
                output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
                self.assertEqual(process.returncode, status, output + errors)
            self.assertIn("WRONGPASS", errors)
            environment = dict(os.environ, REDISCLI_AUTH="secret")
            process = top("--once", "--socket", path, "--interval", "0.01", env=environment)
            self.assertIn("requests", process.communicate(timeout=TIMEOUT_SECONDS)[0])

    def test_says_when_there_is_no_server(self):
        process = top("--once", "--socket", "/nonexistent/socket")
        output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual((process.returncode, output), (1, ""))
        self.assertIn("/nonexistent/socket: ", errors)

    def test_runs_in_a_terminal_until_q(self):
        with running(server_path) as path:
            main, side = pty.openpty()
            process = subprocess.Popen([TOOLS / "top", "--socket", path, "--interval", "0.05"],
                                       stdin=side, stdout=side, stderr=side)
            os.close(side)
            try:
                output = read_terminal(main, lambda text: text.count("requests") > 2)
                os.write(main, b"q")
                output += read_terminal(main, lambda text: terminal.LEAVE in text)
                self.assertEqual(process.wait(TIMEOUT_SECONDS), 0)
            finally:
                process.kill()
                process.wait()
                os.close(main)
        self.assertTrue(output.startswith(terminal.ENTER))
        self.assertTrue(output.endswith(terminal.LEAVE))


def read_terminal(descriptor, complete):
    output = ""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not complete(output) and time.monotonic() < deadline:
        if select.select([descriptor], [], [], 0.1)[0]:
            try:
                output += os.read(descriptor, 65536).decode(errors="replace")
            except OSError:  # the other side has closed
                break
    return output


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class RedisTest(unittest.TestCase):
    def test_shows_what_it_offers(self):
        with running("redis-server", "--slowlog-log-slower-than", "0") as path:
            output = watch(path, ["set", "key", "value"], ["get", "key"])
        self.assertTrue(output.startswith("redis "), output)
        self.assertIn("hits 100.0%", line_of(output, "requests"))
        self.assertIn("all 1 ", line_of(output, "keys"))
        for begin in ("commands", "the rest", "idle", "data", "get", "set"):
            self.assertRegex(line_of(output.split("\nloop")[1], begin), r"\d+\.\d%|share")
        self.assertIn("slow log", output)
        self.assertNotIn("slow ticks", output)


if __name__ == "__main__":
    server_path = str(pathlib.Path(sys.argv[1]).resolve())
    unittest.main(argv=sys.argv[:1], verbosity=2)
