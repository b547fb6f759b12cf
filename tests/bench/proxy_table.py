# SPDX-License-Identifier: Apache-2.0
"""Measures the rows of proxy_rows.py, and prints their tables: called by proxy.sh."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

import processes
import proxy_client
import proxy_rows
import proxy_servers
from callgrind import Profile
from crl_servers import Bench, ServerFailed

MANY = 64  # more certificates than a connection remembers


class Measurement:
    def __init__(self, bench, arguments, backend):
        self.bench, self.arguments, self.backend = bench, arguments, backend
        self.alice = (bench.pki / "alice.pem").read_text()
        self.headers = {"": [""], "same": [proxy_rows.header_of(self.alice)]}
        self.headers["two"] = [*self.headers["same"], proxy_rows.header_of((bench.pki / "stranger.pem").read_text())]

    def add_many(self):
        """Certificates of as many clients; they are all good."""
        pki = self.bench.pki
        self.headers["many"] = []
        for number in range(MANY):
            request, out = pki / "many.csr", pki / "many.pem"
            openssl("req", "-new", "-key", pki / "alice.key", "-subj", f"/O=garex AG/CN=Client {number}", "-out", request)
            openssl("x509", "-req", "-in", request, "-CA", pki / "ca.pem", "-CAkey", pki / "ca.key", "-days", "30",
                    "-set_serial", 1000 + number, "-out", out)
            self.headers["many"].append(proxy_rows.header_of(out.read_text()))

    def server(self, row, kind, wrapper=()):
        lines = row.lines
        if "{constant}" in lines:
            lines = lines.format(constant=self.headers["same"][0].split(": ")[1].strip().replace("%", "%%"))
        return kind(self.bench, lines, self.backend.port, wrapper)

    def tls(self, row):
        return None if issubclass(row.server, proxy_servers.Intake) else self.bench.pki

    def prove(self, row):
        """A row that passes nothing on, or lets nobody in, must not be measured."""
        with self.server(row, row.server) as server, proxy_client.connect(server.port, self.tls(row)) as connection:
            header = self.headers[row.headers][0]
            if self.tls(row):
                seen = proxy_client.ask(connection, "/seen")
                if proxy_rows.carries(seen, self.alice) != row.passes_on:
                    raise ServerFailed(f"{row.name}: the backend saw {seen[:300]!r}")
            proxy_client.ask(connection, header=header)
            if row.lines and row.headers:
                prove_reading(connection, header)

    def count(self, row, requests):
        """Instructions of a server's life with so many requests on one connection."""
        profile = self.bench.work / f"{row.name}.{requests}"
        wrapper = ["valgrind", "-q", "--tool=callgrind", "--vgdb=no", "--dump-before=exit",
                   f"--callgrind-out-file={profile}"]
        # Written when the server has left root's privileges behind.
        for suffix in ("", ".1", ".2"):
            path = pathlib.Path(f"{profile}{suffix}")
            path.touch()
            path.chmod(0o666)
        with self.server(row, row.server, wrapper) as server:
            proxy_client.load(server, requests, self.tls(row), self.headers[row.headers])
        return sum(Profile(path).total() for path in (f"{profile}{suffix}" for suffix in ("", ".1", ".2"))
                   if pathlib.Path(path).stat().st_size)

    def instructions(self, row):
        n = self.arguments.requests
        return round((self.count(row, 2 * n) - self.count(row, n)) / n) if n else None

    def times(self, rows):
        """By row, CPU microseconds a request and requests a second: the best of some runs. Each row in turn, so that what
        else the machine does meets them all."""
        found = {row.name: [] for row in rows}
        for _ in range(self.arguments.runs if self.arguments.timed else 0):
            for row in rows:
                if len(self.headers[row.headers]) == 1:  # ab sends one
                    found[row.name].append(self.time(row))
        return {name: (min(cpu for cpu, _ in runs), max(rate for _, rate in runs)) if runs else (None, None)
                for name, runs in found.items()}

    def time(self, row):
        header, count = self.headers[row.headers][0], self.arguments.timed
        with self.server(row, row.timed or row.server, pinned(0)) as server:
            proxy_client.rate(server, max(count // 10, 50), self.tls(row), header)
            before = processes.cpu_seconds(server.processes())
            rate = proxy_client.rate(server, count, self.tls(row), header)
            return 1e6 * (processes.cpu_seconds(server.processes()) - before) / count, rate


def prove_reading(connection, header):
    """A damaged value is refused, so the others are read."""
    try:
        proxy_client.ask(connection, header=header.replace("-----BEGIN", "-----BEGUN"))
    except RuntimeError as error:
        if "400" in str(error):
            return
    raise ServerFailed("a damaged certificate was let in")


def pinned(processor):
    """To one processor, where there is another one for the rest."""
    several = len(os.sched_getaffinity(0)) > 1 and shutil.which("taskset")
    return ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[processor])] if several else []


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True)


def tell(text):
    print(text, file=sys.stderr, flush=True)


def shown(number, digits=0):
    return "" if number is None else f"{number:,.{digits}f}"


def print_table(title, rows, instructions, times):
    print(f"\n{title}\n")
    print("| | instructions a request | adds | CPU microseconds a request | adds | requests a second | of those without |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        (cpu, rate), (other_cpu, other_rate) = times[row.name], times.get(row.over, (None, None))
        cells = [shown(instructions[row.name]), shown(difference(instructions[row.name], instructions.get(row.over))),
                 shown(cpu, 1), shown(difference(cpu, other_cpu), 1), shown(rate),
                 shown(rate / other_rate, 2) if rate and other_rate else ""]
        print(f"| {row.title} | {' | '.join(cells)} |")


def difference(one, other):
    return None if one is None or other is None else one - other


def selected(rows, pattern):
    wanted = {row.name for row in rows if re.search(pattern, row.name)}
    wanted |= {row.over for row in rows if row.name in wanted}
    return [row for row in rows if row.name in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--rows", default=".")
    parser.add_argument("--servant")
    for name in ("work", "httpd", "modules", "module"):
        parser.add_argument(f"--{name}", type=pathlib.Path)
    for name in ("requests", "timed", "runs"):
        parser.add_argument(f"--{name}", type=int)
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(row.name for row in proxy_rows.ALL))
        return
    bench = Bench(arguments.work, arguments.httpd, arguments.modules, arguments.module, arguments.servant)
    with proxy_servers.Backend(bench, wrapper=pinned(1)) as backend:
        measurement = Measurement(bench, arguments, backend)
        measurement.add_many()
        for title, rows in (("Passing a certificate on, from TLS to TLS", selected(proxy_rows.PASSING, arguments.rows)),
                            ("Taking certificates in, without TLS", selected(proxy_rows.TAKING, arguments.rows))):
            rows = [row for row in rows if not missing(bench, row)]
            instructions = {}
            for row in rows:
                tell(f"measuring {row.name}")
                measurement.prove(row)
                instructions[row.name] = measurement.instructions(row)
            print_table(title, rows, instructions, measurement.times(rows))


def missing(bench, row):
    """A product that is not installed is left out, and said so."""
    reason = None if issubclass(row.server, proxy_servers.Httpd) else row.server.missing(bench)
    if reason:
        tell(f"leaving out {row.name}: {reason}")
    return reason


if __name__ == "__main__":
    try:
        main()
    except (ServerFailed, RuntimeError, TimeoutError) as error:
        sys.exit(f"proxy.sh: {error}")
