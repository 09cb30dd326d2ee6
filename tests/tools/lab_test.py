#!/usr/bin/env python3
"""The event-loop lab: every model answers, a small run measures everything, the page it writes is
whole, and a browser draws it.

  lab_test.py BUILD
"""

import html
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools" / "python"))

from event_lab import claims, experiments, measure, models, plots, report  # noqa: E402

SMALL = ["--rounds", "1", "--seconds", "0.03", "--idle", "0,40", "--active", "1,20",
         "--traced", "10", "--traced-requests", "400", "--connections", "20", "--accepts", "64",
         "--reply-sizes", "4096,65536", "--reply-bytes", "1000000", "--log-seconds", "0.1"]
SECONDS = 300
MESSAGE_BYTES = 1 << 20

build = None


def exchange(port, message):
    """Sends all of the message while it reads as many bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        sender = threading.Thread(target=connection.sendall, args=(message,))
        sender.start()
        received = bytearray()
        while len(received) < len(message):
            piece = connection.recv(1 << 16)
            if not piece:
                break
            received += piece
        sender.join()
        return bytes(received)


def ping(port):
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(b"*1\r\n$4\r\nPING\r\n")
        return connection.recv(64)


class ModelTest(unittest.TestCase):
    def test_every_model_loses_nothing(self):
        message = bytes(ord("a") + i % 23 for i in range(MESSAGE_BYTES))
        with tempfile.TemporaryDirectory() as scratch:
            found = models.all_models(build, pathlib.Path(scratch))
            self.assertGreaterEqual(sum(not model.unavailable for model in found), 10)
            for model in found:
                with self.subTest(model.name):
                    if model.unavailable:
                        continue
                    with measure.running(model.command) as server:
                        self.assertEqual(ping(server.port), b"+PONG\r\n")
                        self.assertEqual(exchange(server.port, message), message)

    def test_unknown_model_says_so(self):
        with self.assertRaisesRegex(measure.Failed, "no model"):
            measure.Server((str(build / "tools" / "lab_server"), "none"))

    def test_beyond_its_capacity_a_model_is_measured_at_it(self):
        self.assertEqual(models.Model("m", "scan", capacity=100).within((0, 90, 500), 20), [0, 80])


class ClaimTest(unittest.TestCase):
    """Judges follow the figures, whatever this machine would say."""

    @staticmethod
    def idle_rows(poll, epoll):
        return [{"model": model, "idle": level, "cpu_us": cost, "p99_us": cost}
                for model, costs in (("poll", poll), ("epoll", epoll))
                for level, cost in zip((0, 1000), costs)]

    def test_idle_cost(self):
        judge = claims.IDLE_COST.judge
        self.assertIs(judge(self.idle_rows((5, 50), (5, 5.5))).holds, True)
        self.assertIs(judge(self.idle_rows((5, 6), (5, 5.5))).holds, False)
        self.assertIs(judge(self.idle_rows((5, 50), (5, 40))).holds, False)
        self.assertIn("poll 10.0×", judge(self.idle_rows((5, 50), (5, 5))).finding)

    def test_idle_tail(self):
        self.assertIs(claims.IDLE_TAIL.judge(self.idle_rows((5, 50), (5, 5))).holds, True)
        self.assertIs(claims.IDLE_TAIL.judge(self.idle_rows((5, 5), (5, 5))).holds, False)

    def test_without_idle_connections(self):
        self.assertIs(claims.IDLE_NONE.judge(self.idle_rows((5, 50), (5, 5))).holds, True)
        self.assertIs(claims.IDLE_NONE.judge(self.idle_rows((9, 50), (5, 5))).holds, False)

    def test_system_calls(self):
        def rows(ring):
            return [{"model": "epoll", "active": 50, "calls": 2.0},
                    {"model": "epoll-oneshot", "active": 50, "calls": 3.0},
                    {"model": "io_uring", "active": 50, "calls": ring}]
        self.assertIs(claims.RING_SAVES_CALLS.judge(rows(0.1)).holds, True)
        self.assertIs(claims.RING_SAVES_CALLS.judge(rows(1.0)).holds, False)
        self.assertIs(claims.REARMING.judge(rows(0.1)).holds, True)

    def test_ratios_leave_out_a_single_connection(self):
        rows = [{"model": model, "active": level, "cpu_us": cost}
                for model, costs in (("epoll", (1, 2, 4)), ("epoll-et", (9, 2, 2)))
                for level, cost in zip((1, 10, 100), costs)]
        self.assertAlmostEqual(claims.mean_ratio(rows, "cpu_us", "epoll-et", "epoll"), 0.75)
        self.assertIs(claims.EDGE_NO_FASTER.judge(rows).holds, False)

    def test_replies(self):
        def rows(zero, file, copied):
            return [{"mode": mode, "size": 1 << 20, "cpu_us": cost, "copied": share}
                    for mode, cost, share in (("copy", 100, 0), ("zerocopy", zero, copied),
                                              ("sendfile", file, 0))]
        self.assertIs(claims.ZERO_COPY.judge(rows(50, 50, 0)).holds, True)
        self.assertIs(claims.ZERO_COPY.judge(rows(99, 50, 0)).holds, False)
        self.assertIsNone(claims.ZERO_COPY.judge(rows(50, 50, 1)).holds)
        self.assertIs(claims.SENDFILE.judge(rows(50, 50, 1)).holds, True)
        self.assertIs(claims.SENDFILE.judge(rows(50, 99, 1)).holds, False)

    def test_edges(self):
        def rows(drained, once):
            return [{"received": drained, "sent": 100}, {"received": once, "sent": 100}]
        self.assertIs(claims.EDGES.judge(rows(100, 10)).holds, True)
        self.assertIs(claims.EDGES.judge(rows(90, 10)).holds, False)
        self.assertIs(claims.EDGES.judge(rows(100, 100)).holds, False)

    def test_without_figures_every_claim_is_open(self):
        every = [value for value in vars(claims).values() if isinstance(value, claims.Claim)]
        self.assertGreater(len(every), 10)
        for claim in every:
            with self.subTest(claim.text):
                self.assertIsNone(claim.judge([]).holds)


class RoundsTest(unittest.TestCase):
    def test_the_best_of_each_figure_counts(self):
        rounds = [{"model": "m", "cpu_us": 3, "per_second": 10},
                  {"model": "m", "cpu_us": 2, "per_second": 8}]
        self.assertEqual(list(experiments.best_of_rounds(rounds, ("model",))),
                         [{"model": "m", "cpu_us": 2, "per_second": 10}])


class PlotTest(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual([plots.si(value) for value in (0, 0.1234, 12.34, 999.9, 5000, 2.5e6)],
                         ["0", "0.123", "12.3", "1k", "5k", "2.5M"])

    def test_units(self):
        self.assertEqual([plots.size_text(size) for size in (100, 4096, 1 << 20)],
                         ["100 B", "4 KiB", "1 MiB"])
        self.assertEqual([plots.time_text(time) for time in (12.34, 3060)], ["12.3 µs", "3.06 ms"])

    def test_logarithmic_axis(self):
        axis = plots.LogAxis([1, 10, 100], 0, 100)
        self.assertAlmostEqual(axis.at(10), 50)
        with_zero = plots.LogAxis([0, 1, 100], 0, 100)
        self.assertEqual(with_zero.at(0), 0)
        self.assertGreater(with_zero.at(1), 5)

    def test_ticks_have_room(self):
        axis = plots.LogAxis([1, 10000], 0, 400)
        self.assertEqual(plots.x_ticks(axis, [1, 1, 9900, 10000, 10000]), [1, 10000])

    def test_labels_do_not_overlap(self):
        placed = plots.spread([50, 50, 51, 99], 0, 100)
        self.assertEqual(placed, sorted(placed))
        gaps = [after - before for before, after in zip(placed, placed[1:])]
        self.assertGreaterEqual(min(gaps), plots.LABEL_GAP - 1e-9)
        self.assertLessEqual(max(placed), 100)

    def test_names_are_escaped(self):
        self.assertIn("&lt;b&gt;", plots.bars("x", [("<b>", "epoll", 1)], "u"))


class LabTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.directory.name)
        cls.page_path, figures = folder / "report.html", folder / "figures.json"
        done = subprocess.run(
            [ROOT / "tools" / "lab", "--build", build, "--report", cls.page_path, "--json", figures,
             *SMALL], capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.output = done.stdout
        cls.page = cls.page_path.read_text(encoding="utf-8")
        found = json.loads(figures.read_text())
        cls.results, cls.notes = found["results"], found["notes"]

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_every_model_is_measured_or_accounted_for(self):
        with tempfile.TemporaryDirectory() as scratch:
            names = [model.name for model in models.all_models(build, pathlib.Path(scratch))]
        for experiment in ("idle", "active", "memory"):
            measured = {row["model"] for row in self.results[experiment]}
            for name in names:
                with self.subTest(experiment=experiment, model=name):
                    explained = any(note.startswith(name) for note in self.notes)
                    self.assertTrue(name in measured or explained, self.notes)

    def test_figures_are_there(self):
        for name in experiments.ALL:
            with self.subTest(name):
                self.assertTrue(self.results[name])
        for row in self.results["idle"] + self.results["active"]:
            with self.subTest(row["model"]):
                self.assertGreater(row["cpu_us"], 0)
                self.assertGreaterEqual(row["p99_us"], row["p50_us"])
        for row in self.results["storm"]:
            self.assertLessEqual(row["least_share"], 0.5)
            # Loops that a busy machine keeps from running find each burst waiting and never sleep.
            if row["burst"] == 1:
                self.assertGreater(row["wakeups"], 0)

    def test_readiness_takes_a_call_to_receive_and_one_to_send(self):
        if measure.can_trace():
            self.skipTest(measure.can_trace())
        calls = {row["model"]: row["calls"] for row in self.results["calls"]}
        self.assertGreater(calls["epoll"], 1.8)
        self.assertGreater(calls["epoll-oneshot"], calls["epoll"] + 0.7)

    def test_loops_count_the_same_system_calls(self):
        found = [model for model in models.own_models(build) if model.name in ("epoll", "io_uring")]
        extent = experiments.Extent(traced=(10,), traced_requests=500)
        lab = experiments.Lab(build, found, extent, "", 1000, lambda what: None)
        calls = {row["model"]: row["calls"] for row in experiments.counted_by_loops(lab)}
        self.assertGreater(calls["epoll"], 2)
        self.assertLess(calls["io_uring"], calls["epoll"])

    def test_every_plot_is_captioned(self):
        for figures in report.plots_of(self.results).values():
            for plot in figures:
                self.assertTrue(plot.claims, plot.title)

    def test_edges_are_lost_without_draining(self):
        drained, once = self.results["edge"]
        self.assertEqual(drained["received"], drained["sent"])
        self.assertLess(once["received"], once["sent"])

    def test_page_is_self_contained(self):
        self.assertNotRegex(self.page, r"(src|href|url)\s*[=(]|@import|https?://")

    def test_page_shows_every_claim_with_a_verdict(self):
        text = html.unescape(self.page)
        drawn = report.plots_of(self.results)
        judged = [pair for figures in drawn.values() for plot in figures for pair in plot.claims]
        self.assertGreater(len(judged), 10)
        for claim, verdict in judged:
            self.assertIn(claim.text, text)
            self.assertIn(claim.source, text)
            self.assertIn(verdict.finding, text)
            self.assertIn(claim.text, self.output)

    # --- in a browser ---

    def drawn_by_browser(self, page):
        browser = shutil.which("chromium") or shutil.which("google-chrome")
        if browser is None:
            self.skipTest("chromium is not installed")
        with tempfile.TemporaryDirectory() as profile:
            path = pathlib.Path(profile, "page.html")
            path.write_text(page, encoding="utf-8")
            done = subprocess.run(
                [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions",
                 "--disable-dev-shm-usage", "--no-first-run", f"--user-data-dir={profile}/profile",
                 "--dump-dom", path.as_uri()],
                capture_output=True, text=True, timeout=SECONDS, check=False)
        root = re.search(r"<html[^>]*>", done.stdout)
        self.assertIsNotNone(root, done.stderr[-500:])
        return dict(re.findall(r'data-(\w+)="(\d+)"', root[0]))

    def test_browser_draws_every_plot_without_errors(self):
        expected = sum(map(len, report.plots_of(self.results).values()))
        self.assertGreater(expected, 10)
        self.assertEqual(self.drawn_by_browser(self.page),
                         {"plots": str(expected), "errors": "0"})

    def test_browser_would_tell_of_errors_and_of_missing_plots(self):
        broken = re.sub(r'(<svg class="plot".*?>).*?</svg>', r"\1</svg>", self.page, count=1,
                        flags=re.S).replace("<body>", "<body><script>none()</script>")
        found = self.drawn_by_browser(broken)
        expected = sum(map(len, report.plots_of(self.results).values()))
        self.assertEqual(found, {"plots": str(expected - 1), "errors": "1"})


if __name__ == "__main__":
    build = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
