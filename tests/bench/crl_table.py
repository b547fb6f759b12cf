# SPDX-License-Identifier: Apache-2.0
"""Measures the servers of the CRL bench in turn, and prints the table. Started by crl.sh, which makes the certificates
and CRLs."""

import argparse
import pathlib
import statistics
import sys

import crl_measure as measure
import crl_servers as servers

MB = 1_000_000
NOT = "-"


class Row:
    """A line of the table: `cell` writes one server's figures, `goal` is (text, whether ours reach it)."""

    def __init__(self, title, cell, goal=None):
        self.title, self._cell, self._goal = title, cell, goal

    def cell(self, figures):
        try:
            return self._cell(figures)
        except (KeyError, statistics.StatisticsError):
            return NOT

    def goal(self, figures, entries):
        if not self._goal:
            return "", ""
        text, reached = self._goal(figures, entries)
        return text, NOT if reached is None else "yes" if reached else "no"


def mb(octets):
    return f"{octets / MB:,.1f} MB"


def ms(seconds):
    milliseconds = seconds * 1000
    return f"{milliseconds:,.2f} ms" if milliseconds < 10 else f"{milliseconds:,.0f} ms"


def both(seconds):
    """Median and minimum."""
    return f"{ms(statistics.median(seconds))} ({ms(min(seconds))})"


def added(name):
    """What the CRL adds to something that is measured without one, too."""
    return lambda figures: mb(figures["listed"][name] - figures["plain"][name])


def limited(name, limit, text):
    """A goal for what the CRL adds."""
    def goal(figures, _entries):
        if "listed" not in figures:
            return text, None
        return text, figures["listed"][name] - figures["plain"][name] <= limit
    return goal


def size_goal(figures, entries):
    return f"{mb(16 * entries)} (index)", figures["index"] <= 16 * entries if "index" in figures else None


def compiler_goal(figures, _entries):
    text = "3 x the index, in its child"
    return text, figures["compiler"] <= 3 * figures["index"] if "compiler" in figures else None


def cpu_goal(figures, _entries):
    reached = None
    if "cpu" in figures:
        reached = statistics.median(figures["cpu"]) <= 1.01 * statistics.median(figures["cpu-plain"])
    return "1% over none", reached


def after_notice(figures):
    return [total - noticed for total, noticed in zip(figures["refusing"], figures["noticed"])]


def change_goal(figures, entries):
    limit = 80e-9 * entries
    return ms(limit), statistics.median(after_notice(figures)) <= limit if "noticed" in figures else None


def wait_goal(figures, _entries):
    reached = None
    if "longest" in figures:
        reached = statistics.median(figures["longest"]) - statistics.median(figures["longest-quiet"]) <= 0.005
    return "5 ms more (1M)", reached


def graceful_goal(figures, _entries):
    reached = None
    if "graceful" in figures:
        reached = statistics.median(figures["graceful"]) <= 1.1 * statistics.median(figures["graceful-plain"])
    return "as fast as without", reached


def reload_goal(figures, _entries):
    reached = None
    if "reloads-last" in figures:
        reached = figures["reloads-last"] <= 1.01 * figures["reloads-second"]
    return "1%", reached


def pem_goal(figures, _entries):
    reached = None
    if "pem" in figures:
        reached = statistics.median(after_notice(figures["pem"])) <= 1.2 * statistics.median(after_notice(figures))
    return "20% over DER", reached


def longest(figures):
    failures = f"; {figures['failures']} failed" if figures["failures"] else ""
    return (f"{ms(statistics.median(figures['longest']))} "
            f"(quiet: {ms(statistics.median(figures['longest-quiet']))}){failures}")


ROWS = (
    Row("memory of all processes at rest", lambda f: mb(f["listed"]["rest"])),
    Row("- of that for the CRL", added("rest")),
    Row("- the index file", lambda f: mb(f["index"]), size_goal),
    Row("- the same for an entry", lambda f: f"{f['index'] / f['entries']:.2f} octets",
        lambda f, n: ("16 octets", f["index"] <= 16 * n if "index" in f else None)),
    Row("most memory during a change", lambda f: mb(f["peak"])),
    Row("- above rest, in the child that compiles", lambda f: mb(f["compiler"]), compiler_goal),
    Row("each further child adds for the CRL", added("child"), limited("child", MB, "1 MB")),
    Row("each further virtual host adds for the CRL", added("host"), limited("host", MB, "1 MB")),
    Row("an old generation that drains adds for the CRL", added("draining"), limited("draining", MB, "1 MB")),
    Row("each concurrent handshake adds for the CRL", added("concurrent"), limited("concurrent", MB, "1 MB")),
    Row("CPU of a handshake", lambda f: both(f["cpu"]), cpu_goal),
    Row("- without a CRL", lambda f: both(f["cpu-plain"])),
    Row("first handshake of a child", lambda f: both(f["listed"]["first"])),
    Row("- without a CRL", lambda f: both(f["plain"]["first"])),
    Row("changed file to the last process refusing", lambda f: both(f["refusing"])),
    Row("- once the file was opened", lambda f: both(after_notice(f)), change_goal),
    Row("longest wait of a good client meanwhile", longest, wait_goal),
    Row("graceful restart", lambda f: both(f["graceful"]), graceful_goal),
    Row("- without a CRL", lambda f: both(f["graceful-plain"])),
    Row("memory after the 2nd change", lambda f: mb(f["reloads-second"])),
    Row("- after the last of many", lambda f: mb(f["reloads-last"]), reload_goal),
    Row("from PEM: once the file was opened", lambda f: both(after_notice(f["pem"])), pem_goal),
)


def measured(kind, bench, crls, given):
    """All figures of one server. What it had when it died is kept."""
    figures = {"entries": given.entries}
    form = "der" if kind.takes_changes else "pem"
    runs = given.runs
    try:
        measure.tell(f"{kind.name}: memory without a CRL")
        figures["plain"] = measure.memory(kind, bench, crls, form, with_crl=False)
        measure.tell(f"{kind.name}: memory with the CRL")
        figures["listed"] = measure.memory(kind, bench, crls, form, with_crl=True)
        crls.put(form, revoked=False)
        with kind(bench, crls.current) as server:
            with kind(bench) as plain:
                measure.tell(f"{kind.name}: CPU of a handshake")
                figures |= measure.cpu(plain, server, 8)
                if issubclass(kind, servers.Httpd):
                    measure.tell(f"{kind.name}: graceful restarts")
                    figures["graceful-plain"] = measure.graceful(plain, runs)
                    figures["graceful"] = measure.graceful(server, runs)
            figures |= measure.changes(server, crls, form, runs)
            measure.tell(f"{kind.name}: memory during a change")
            figures |= measure.peak(server, crls, form)
            if kind.takes_changes:
                figures["index"] = (server.state / "index").stat().st_size
                figures["pem"] = measure.changes(server, crls, "pem", runs)
                measure.tell(f"{kind.name}: {given.reloads} changes")
                figures |= measure.reloads(server, crls, form, given.reloads)
    except (servers.ServerFailed, TimeoutError) as error:
        measure.tell(f"{kind.name}: given up: {error}")
        figures["failed"] = True
    return figures


def print_table(entries, kinds, results):
    ours = results.get(servers.ModClientcert, {})
    print(f"\n{entries:,} entries:\n")
    print("| | " + " | ".join(kind.name for kind in kinds) + " | goal | reached |")
    print("|---|" + "---:|" * len(kinds) + "---:|---|")
    for row in ROWS:
        cells = [row.cell(results[kind]) for kind in kinds]
        print(f"| {row.title} | " + " | ".join(cells) + " | " + " | ".join(row.goal(ours, entries)) + " |")
    for kind in kinds:
        if results[kind].get("failed"):
            print(f"\n{kind.name} failed on the way; what is missing was not reached.")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a directory with pki/ and crl/")
    parser.add_argument("--entries", type=int, required=True)
    parser.add_argument("--httpd", required=True)
    parser.add_argument("--modules", required=True)
    parser.add_argument("--module", help="mod_clientcert.so")
    parser.add_argument("--servant", help="the account of the servers, for root")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument("--servers", default="", help="only these, with commas")
    given = parser.parse_args()
    bench = servers.Bench(given.work, given.httpd, given.modules, given.module, given.servant)
    crls = measure.Crls(given.work / "crl")
    kinds, results = [], {}
    for kind in servers.ALL:
        if given.servers and kind.name not in given.servers.split(","):
            continue
        kinds.append(kind)
        if missing := kind.missing(bench):
            measure.tell(f"{kind.name}: not measured: {missing}")
            print(f"{kind.name} is not measured: {missing}.")
            results[kind] = {}
        else:
            results[kind] = measured(kind, bench, crls, given)
    print_table(given.entries, kinds, results)


if __name__ == "__main__":
    main()
