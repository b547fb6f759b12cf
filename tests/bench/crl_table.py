# SPDX-License-Identifier: Apache-2.0
"""Measures the servers of the CRL bench in turn, and prints the table. Started by crl.sh, which makes the certificates
and CRLs."""

import argparse
import pathlib
import sys

import crl_measure as measure
import crl_rows
import crl_servers as servers


class Measured:
    """All figures of one server. Where it fails, those that it had are kept, and the next part begins anew."""

    def __init__(self, kind, bench, crls, given):
        self._kind, self._bench, self._crls, self._given = kind, bench, crls, given
        self._form = "der" if kind.takes_changes else "pem"
        self.figures = {"entries": given.entries, "plain": {}, "listed": {}, "failed": []}
        parts = [self.memory_without, self.memory_with, self.cpu, self.changes]
        for part in parts + ([self.pem, self.reloads] if kind.takes_changes else []):
            measure.tell(f"{kind.name}: {part.__doc__}")
            try:
                part()
            except (servers.ServerFailed, OSError) as error:
                measure.tell(f"{kind.name}: {part.__doc__}: given up: {error}")
                self.figures["failed"].append((part.__doc__, str(error).partition("\n")[0]))

    def memory_without(self):
        """memory without a CRL"""
        measure.memory(self._kind, self._bench, self._crls, self._form, False, self.figures["plain"])

    def memory_with(self):
        """memory with the CRL"""
        measure.memory(self._kind, self._bench, self._crls, self._form, True, self.figures["listed"])

    def _server(self):
        self._crls.put(self._form, revoked=False)
        return self._kind(self._bench, self._crls.current)

    def cpu(self):
        """CPU of a handshake, and graceful restarts"""
        with self._server() as server, self._kind(self._bench) as plain:
            self.figures |= measure.cpu(plain, server, 12)
            if issubclass(self._kind, servers.Httpd):
                self.figures["graceful-plain"] = measure.graceful(plain, self._given.runs)
                self.figures["graceful"] = measure.graceful(server, self._given.runs)

    def changes(self):
        """changes of the CRL"""
        with self._server() as server:
            self.figures |= measure.changes(server, self._crls, self._form, self._given.runs)
            self.figures |= measure.peak(server, self._crls, self._form)

    def pem(self):
        """changes from PEM"""
        with self._server() as server:
            self.figures["index"] = (server.state / "index").stat().st_size
            self.figures["pem"] = measure.changes(server, self._crls, "pem", self._given.runs)

    def reloads(self):
        """memory after many changes"""
        with self._server() as server:
            self.figures |= measure.reloads(server, self._crls, self._form, self._given.reloads)


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
    results = {}
    for kind in servers.ALL:
        if given.servers and kind.name not in given.servers.split(","):
            continue
        if missing := kind.missing(bench):
            measure.tell(f"{kind.name}: not measured: {missing}")
            print(f"\n{kind.name} is not measured: {missing}.")
            results[kind.name] = {}
        else:
            results[kind.name] = Measured(kind, bench, crls, given).figures
    ours = servers.ModClientcert.name
    crl_rows.print_table(given.entries, results, ours)
    # What becomes of the others is a result, too.
    sys.exit(1 if results.get(ours, {}).get("failed") else 0)


if __name__ == "__main__":
    main()
