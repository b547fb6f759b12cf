# SPDX-License-Identifier: Apache-2.0
"""The table of the CRL bench: a row is one thing that is measured, how it is written, and the goal for ours. Goals are
printed, never enforced."""

import statistics

MB = 1_000_000
median = statistics.median


class Row:
    """`cell` writes the figures of a server; `goal` is a text, or makes it from the number of entries; `reached` tells it
    of the figures."""

    def __init__(self, title, cell, goal="", reached=None):
        self.title, self._cell, self._goal, self._reached = title, cell, goal, reached

    def cell(self, figures):
        return self._of(figures, self._cell) or "-"

    def goal(self, entries):
        return self._goal(entries) if callable(self._goal) else self._goal

    def reached(self, figures):
        if not self._reached:
            return ""
        return {True: "yes", False: "no", None: "-"}[self._of(figures, self._reached)]

    @staticmethod
    def _of(figures, function):
        """Nothing where the figures are missing."""
        try:
            return function(figures)
        except (KeyError, statistics.StatisticsError):
            return None


def mb(octets):
    return f"{octets / MB:,.1f} MB"


def ms(seconds):
    return f"{seconds * 1000:,.2f} ms" if seconds < 0.01 else f"{seconds * 1000:,.0f} ms"


def both(seconds):
    """Median and minimum."""
    return f"{ms(median(seconds))} ({ms(min(seconds))})"


def added(name):
    """What the CRL adds to something that is measured without one, too."""
    return lambda f: f["listed"][name] - f["plain"][name]


def extra(title, name):
    """What one more of something adds for the CRL: less than 1 MB is the goal."""
    more = added(name)
    return Row(title, lambda f: mb(more(f)), "1 MB", lambda f: more(f) < MB)


def time_to_act(entries):
    """80 ms for a million entries or less, and 800 ms for ten."""
    return 80e-9 * max(entries, 1_000_000)


def after_opening(figures):
    return [total - opened for total, opened in zip(figures["refusing"], figures["opened"])]


def longest(figures):
    failures = f"; {figures['failures']} failed" if figures["failures"] else ""
    return f"{ms(median(figures['longest']))} ({ms(median(figures['longest-quiet']))}){failures}"


ROWS = (
    Row("memory of all processes", lambda f: mb(f["listed"]["rest"])),
    Row("- of that for the CRL", lambda f: mb(added("rest")(f))),
    Row("- the index, for an entry", lambda f: f"{f['index'] / f['entries']:.1f} octets", "16 octets",
        lambda f: f["index"] <= 16 * f["entries"]),
    Row("most memory during a change", lambda f: mb(f["peak"])),
    Row("- above rest, in the child that compiles", lambda f: mb(f["compiler"]), "3 times the index",
        lambda f: f["compiler"] <= 3 * f["index"]),
    extra("each further child adds for the CRL", "child"),
    extra("each further virtual host adds for the CRL", "host"),
    extra("an old generation that drains adds for the CRL", "draining"),
    extra("each concurrent handshake adds for the CRL", "concurrent"),
    Row("CPU of a handshake", lambda f: both(f["cpu"]), "1% more than without",
        lambda f: min(f["cpu"]) <= 1.01 * min(f["cpu-plain"])),
    Row("- without a CRL", lambda f: both(f["cpu-plain"])),
    Row("first handshake of a child", lambda f: both(f["listed"]["first"])),
    Row("- without a CRL", lambda f: both(f["plain"]["first"])),
    Row("changed file to the last process refusing", lambda f: both(f["refusing"])),
    Row("- until a process opened it", lambda f: both(f["opened"])),
    Row("- from then on", lambda f: both(after_opening(f)), lambda entries: ms(time_to_act(entries)),
        lambda f: median(after_opening(f)) <= time_to_act(f["entries"])),
    Row("- from then on, from PEM", lambda f: both(after_opening(f["pem"])), "20% more",
        lambda f: median(after_opening(f["pem"])) <= 1.2 * median(after_opening(f))),
    Row("longest wait of a good client meanwhile (before)", longest, "5 ms more",
        lambda f: median(f["longest"]) - median(f["longest-quiet"]) <= 0.005),
    Row("graceful restart", lambda f: both(f["graceful"]), "as fast as without",
        lambda f: median(f["graceful"]) <= 1.1 * median(f["graceful-plain"])),
    Row("- without a CRL", lambda f: both(f["graceful-plain"])),
    Row("memory after the 2nd change", lambda f: mb(f["reloads-second"])),
    Row("- after many", lambda f: mb(f["reloads-last"]), "1% more",
        lambda f: f["reloads-last"] <= 1.01 * f["reloads-second"]),
)


def print_table(entries, results, ours):
    """`results`: the figures of each server, by its name, of which one is ours."""
    print(f"\n{entries:,} entries:\n")
    print("| | " + " | ".join(results) + " | goal | reached |")
    print("|---|" + "---:|" * len(results) + "---:|---|")
    for row in ROWS:
        cells = [row.cell(figures) for figures in results.values()]
        print(f"| {row.title} | " + " | ".join(cells) + f" | {row.goal(entries)} | {row.reached(results.get(ours, {}))} |")
    for name, figures in results.items():
        for part, error in figures.get("failed", ()):
            print(f"\n{name} failed ({part}): {error}")
