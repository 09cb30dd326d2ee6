#!/usr/bin/env python3
"""tools/bench: how figures are judged and written, and that every part of it runs.

  bench_test.py BUILD_DIRECTORY
"""

import contextlib
import html.parser
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOLS / "python"))

import html_report  # noqa: E402
from bench import cases, comparison, figures, latency  # noqa: E402
from bench.figures import Figure, Results  # noqa: E402

TIMEOUT_SECONDS = 120
build_directory = None


class Outline(html.parser.HTMLParser):
    """Holds whether elements close in the order in which they opened, and what could load."""
    VOID = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.open, self.balanced, self.references, self.tags = [], True, [], []
        self.feed(text)
        self.close()
        self.balanced = self.balanced and not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.references += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag


def quietly(function, *arguments):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        function(*arguments)
    return output.getvalue()


def results_of(*found):
    results = Results()
    quietly(results.begin, "Part <1>", "a & b")
    for figure in found:
        quietly(results.add, figure)
    return results


RATIO = Figure("SET", 0.29, target=0.30, of="redis", peers_unit="us/req",
               peers={"solokv": 0.58, "redis": 2.0, "floor": 0.3})


class FigureTest(unittest.TestCase):
    def test_verdicts(self):
        self.assertEqual(Figure("a", 1.0, target=1.0).verdict, "target <= 1")
        self.assertEqual(Figure("a", 1.1, target=1.0).verdict, "target <= 1  MISSED")
        self.assertEqual(Figure("a", 0, target=0).verdict, "target <= 0")
        self.assertEqual(Figure("a", 5).verdict, "")

    def test_the_summary_counts_and_names_what_was_missed(self):
        results = results_of(Figure("fast", 1, target=2), Figure("slow", 3, "ms", target=2),
                             Figure("reported", 9))
        summary = quietly(results.print_summary)
        self.assertIn("1 of 2 targets met", summary)
        self.assertIn("slow: 3.000 ms", summary)
        self.assertNotIn("fast", summary)

    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        ours = [{"cpu_us_per_request": cpu} for cpu in (1, 2, 30)]
        theirs = [{"cpu_us_per_request": cpu} for cpu in (2, 8, 10)]
        self.assertEqual(comparison.ratio(ours, theirs, comparison.CPU.of), 0.5)

    def test_the_median_of_runs_is_judged_and_the_worst_told(self):
        def runs(target, *values):
            return [Figure("tick", value, target=target, note=f"run {value}") for value in values]
        found = latency.middle(runs(1.0, 0.5, 4.0, 0.7))
        self.assertEqual(found.value, 0.7)
        self.assertIn("worst run 4.000: run 4.0", found.note)
        self.assertEqual(latency.middle(runs(1.0, 0.5)).note, "run 0.5")
        self.assertEqual(latency.middle(runs(0, 0, 3, 0)).value, 3)

    def test_cases_have_names_of_their_own(self):
        names = [case.title for group in cases.GROUPS for case in group.cases]
        self.assertEqual(len(names), len(set(names)))


class ReportTest(unittest.TestCase):
    def write(self, *found):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "report.html")
            results_of(*found).write(path)
            return path.read_text(encoding="utf-8")

    def test_is_one_page_that_needs_nothing_else(self):
        text = self.write(RATIO, Figure("an idle client", 1.5, "KiB", 1))
        outline = Outline(text)
        self.assertTrue(outline.balanced)
        self.assertEqual(outline.references, [])
        self.assertNotIn("script", outline.tags)
        self.assertNotIn("url(", text)
        self.assertIn("prefers-color-scheme: dark", text)
        self.assertEqual(outline.tags.count("svg"), 2)
        self.assertIn("1 of 2 targets met", text)
        self.assertIn("Part &lt;1&gt;", text)

    def test_notes_stand_below_what_they_are_about(self):
        text = self.write(Figure("tick", 1.5, "ms", 1, note="longest <2>"))
        self.assertIn('<td>tick<div class="note">longest &lt;2&gt;</div></td>', text)

    def test_tables_hold_value_target_and_verdict(self):
        text = self.write(RATIO, Figure("an idle client", 1.5, "KiB", 1))
        self.assertIn("<td>0.580</td><td>2.000</td><td>0.300</td><td>0.290 of redis</td>"
                      '<td>≤ 0.3</td><td class="good">met</td>', text)
        self.assertIn('<td>1.500 KiB</td><td>≤ 1</td><td class="bad">missed</td>', text)

    def test_bars_are_as_long_as_their_values(self):
        svg = xml.etree.ElementTree.fromstring(
            html_report.bar_chart([figures.compared_bars(RATIO)], "by redis-server"))
        widths = [float(bar.get("width")) for bar in svg.iter("rect")
                  if bar.get("height") == str(html_report.BAR)]
        self.assertEqual(len(widths), 3)
        self.assertAlmostEqual(widths[0] / widths[1], 0.29, places=3)
        self.assertAlmostEqual(widths[2] / widths[1], 0.15, places=3)
        mark = next(line for line in svg.iter("line") if line.get("class") == "mark")
        self.assertAlmostEqual((float(mark.get("x1")) - html_report.LABEL_WIDTH) / widths[1], 0.3,
                               places=3)

    def test_a_target_of_another_server_is_marked_where_it_lies(self):
        figure = Figure("SET", 1.2, target=1.5, of="floor",
                        peers={"solokv": 3.6, "redis": 6.0, "floor": 3.0})
        self.assertAlmostEqual(figures.compared_bars(figure).mark, 0.75)


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class RunTest(unittest.TestCase):
    def test_every_part_runs_and_reports(self):
        with tempfile.TemporaryDirectory() as directory:
            report = pathlib.Path(directory, "report.html")
            done = subprocess.run(
                [TOOLS / "bench", "all", "--smoke", "--build", build_directory, "--report", report],
                capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            text = report.read_text(encoding="utf-8")
        self.assertTrue(Outline(text).balanced)
        titles = [case.title for group in cases.GROUPS for case in group.cases]
        titles += ["SET 3 B, pipeline 1", "GET 32 B, pipeline 100", "mean of what a TTL adds",
                   "left of the peak within a minute", "an idle client", "first PONG",
                   "events that are missing"]
        for title in titles:
            self.assertIn(title, done.stdout)
            self.assertIn(html_report.escape(title), text)
        for what in ("FLUSHALL", "UNLINK", "inserting", "expiring", "come and go"):
            self.assertRegex(done.stdout, rf"{what}.*: longest CPU of a tick +[0-9.]+ ms")
        self.assertTrue(re.search(r"events that are missing +0.000", done.stdout), done.stdout)


if __name__ == "__main__":
    build_directory = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
