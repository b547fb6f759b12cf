# SPDX-License-Identifier: Apache-2.0
"""What is measured of one server, with and without a CRL. Each function answers with figures by the names of the rows in
crl_table.py: lists of seconds or octets, or single ones."""

import concurrent.futures
import contextlib
import os
import sys
import time

import processes
from crl_client import ACCEPTED, REFUSED, Kept, Prober
from crl_servers import WORKERS, ServerFailed

CONCURRENT = 8
QUIET = 1.0  # seconds before and after a change


class Crls:
    """The CRL that is in force, and what takes its place: with and without the client that is revoked, in DER and PEM."""

    def __init__(self, directory):
        self._directory = directory
        self.current = directory / "crl"

    def prepared(self, form, revoked):
        return self._directory / f"{'revoked' if revoked else 'good'}.{form}"

    def put(self, form, revoked):
        """In one step, as is to be done: readers see the old file or the new one. Answers when."""
        prepared, new = self.prepared(form, revoked), self._directory / "new"
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        os.link(prepared, new)
        at = time.monotonic()
        new.rename(self.current)
        return at


def tell(text):
    print(text, file=sys.stderr, flush=True)


def greet(server, times=3, workers=None):
    """Has each worker do what it does once in its life."""
    workers = workers or server.workers()
    for worker in workers:
        with processes.alone(worker, workers):
            for host in range(server.hosts):
                client = server.client("alice", host)
                for _ in range(times * (server.threads if server.worker_count == 1 else 1)):
                    expect(client.handshake(), ACCEPTED)


def expect(sample, outcome):
    if sample.outcome != outcome:
        raise ServerFailed(f"a client was {sample.outcome} that should have been {outcome}")
    return sample


def at_rest(server):
    """The lowest of some looks: what was needed to get there is given back in a while, or never."""
    looks = []
    for _ in range(5):
        looks.append(server.memory())
        time.sleep(0.1)
    return min(looks)


def first_handshakes(server, runs):
    """Of workers that were just born: how long their first one took."""
    seconds = []
    client = server.client("alice")
    for _ in range(runs):
        for worker in server.renew():
            with processes.alone(worker, server.workers()):
                start, end, _ = expect(client.handshake(), ACCEPTED)
            seconds.append(end - start)
    return seconds


def concurrent_handshake(server):
    """What a worker that does several at a time needs more, for each of them."""
    worker = server.workers()[0]
    client = server.client("alice")

    def most(threads):
        processes.reset_high_water(worker)
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for sample in pool.map(lambda _: client.handshake(), range(6 * threads)):
                expect(sample, ACCEPTED)
        return processes.high_water(worker)
    with processes.alone(worker, server.workers()):
        one = most(1)
        return (most(CONCURRENT) - one) / (CONCURRENT - 1)


def draining_generation(server, crls, form):
    """What a generation adds that still has a request to answer, while the next one has another CRL."""
    before = at_rest(server)
    old = server.workers()
    client = server.client("alice")
    with contextlib.ExitStack() as stack:
        for worker in old:
            with processes.alone(worker, old):
                half = stack.enter_context(client.connect())
                half.sendall(b"GET / HTTP/1.1\r\nHost:")
                expect(client.handshake(), ACCEPTED)
        crls.put(form, revoked=True)
        server.renew(draining=True)
        if server.crl:
            wait_until(server, "mallory", REFUSED)
        new = set(server.workers()) - set(old)
        if len(new) + len(old) > len(server.workers()):
            raise ServerFailed("the old generation did not drain, it left")
        greet(server, workers=sorted(new))
        after = at_rest(server)
    server.wait("the old generation leaves", lambda: not set(old) & set(server.workers()))
    return after - before


def wait_until(server, certificate, outcome):
    client = server.client(certificate)
    server.wait(f"{certificate} is {outcome}", lambda: client.handshake().outcome == outcome)


def memory(kind, bench, crls, form, with_crl, figures):
    """All that is told of memory, but for what changes take; and, while the workers are young, their first handshakes."""
    crl = crls.current if with_crl else None
    crls.put(form, revoked=False)
    with kind(bench, crl) as server:
        greet(server)
        figures["rest"] = at_rest(server)
        figures["concurrent"] = concurrent_handshake(server)
        figures["draining"] = draining_generation(server, crls, form)
        figures["first"] = first_handshakes(server, 2)
    crls.put(form, revoked=False)
    more = 4 if kind.takes_changes else 1  # the others have not the memory for four, nor we the patience
    with kind(bench, crl, hosts=1 + more) as server:
        greet(server)
        figures["host"] = (at_rest(server) - figures["rest"]) / more
    with kind(bench, crl, workers=WORKERS + more) as server:
        greet(server)
        figures["child"] = (at_rest(server) - figures["rest"]) / more


def cpu(plain, listed, rounds):
    """Of a handshake and a small request, without and with the CRL, in turn."""
    seconds = {"cpu-plain": [], "cpu": []}
    servers = {"cpu-plain": plain, "cpu": listed}
    clients = {name: server.client("alice") for name, server in servers.items()}

    def batch(name, count):
        pids = servers[name].processes()
        before = processes.cpu_seconds(pids)
        for _ in range(count):
            expect(clients[name].handshake(), ACCEPTED)
        return (processes.cpu_seconds(pids) - before) / count
    counts = {name: min(200, max(5, int(0.3 / batch(name, 5)))) for name in servers}
    for _ in range(rounds):
        for name, count in counts.items():
            seconds[name].append(batch(name, count))
    return seconds


def graceful(server, runs):
    """From the signal to "resuming normal operations": then the new generation serves."""
    seconds = []
    for _ in range(runs):
        starts = server.starts()
        start = time.monotonic()
        old = set(server.workers())
        server.reload()
        processes.wait_for("the graceful restart", lambda n=starts: server.starts() > n, pause=0.001)
        seconds.append(time.monotonic() - start)
        server.wait("the new generation", lambda o=old: not o & set(server.workers()) and server.ready())
    return seconds


class Change:
    """A CRL in place of another, seen by clients. Times are seconds since the new file stood in its place."""

    def __init__(self, server, crls, form):
        self._server = server
        kept = []
        if server.takes_changes:
            kept = [self._connections("alice"), self._connections("mallory")]
        good = [Prober(server.client("alice").handshake, 0.02)] + [Prober(Kept(c), 0.001) for c in kept[:1]]
        bad = [Prober(server.client("mallory").handshake, 0.005)] + [Prober(Kept(c), 0.001) for c in kept[1:]]
        self._watch(good, ACCEPTED)
        self._watch(bad, ACCEPTED)
        time.sleep(QUIET)
        opened = processes.Opened(crls.prepared(form, revoked=True))
        start = crls.put(form, revoked=True)
        if not server.takes_changes:
            server.reload()
        self._watch(bad, REFUSED)
        seen = [prober.stop() for prober in bad]
        waits = [sample for prober in good for sample in prober.stop()]
        for connection in (connection for group in kept for connection in group):
            connection.close()
        end = max(refused_at(samples) for samples in seen)
        self.refusing = end - start
        self.opened = opened.at - start if opened.at else None
        self.longest = longest(sample for sample in waits if sample.end >= start and sample.start <= end + QUIET / 4)
        self.longest_quiet = longest(sample for sample in waits if sample.end < start)
        self.failures = sum(sample.outcome != ACCEPTED for sample in waits)

    def _connections(self, certificate):
        """One to each worker, with a request behind it."""
        connections = []
        for worker in self._server.workers():
            with processes.alone(worker, self._server.workers()):
                connections.append(self._server.client(certificate).connect())
                if Kept(connections[-1:])().outcome != ACCEPTED:
                    raise ServerFailed("a request on a new connection was refused")
        return connections

    def _watch(self, probers, outcome):
        """Until all have seen this outcome, and no other, for a while."""
        self._server.wait(f"all clients are {outcome}",
                          lambda: all(prober.steady(outcome, QUIET, 20) for prober in probers))


def refused_at(samples):
    """The end of the first refusal that no acceptance follows."""
    end = None
    for sample in reversed(samples):
        if sample.outcome == ACCEPTED:
            break
        if sample.outcome == REFUSED:
            end = sample.end
    return end


def longest(samples):
    return max((sample.end - sample.start for sample in samples), default=0.0)


def settle(server, crls, form):
    """Back to the CRL without the revoked client, and to one generation."""
    crls.put(form, revoked=False)
    if server.takes_changes:
        wait_until(server, "mallory", ACCEPTED)
    else:
        server.renew()


def changes(server, crls, form, runs):
    """Several changes, for their times."""
    figures = {"refusing": [], "opened": [], "longest": [], "longest-quiet": [], "failures": 0}
    for run in range(runs):
        tell(f"{server.name}: change {run + 1} of {runs}, {form.upper()}")
        settle(server, crls, form)
        change = Change(server, crls, form)
        figures["refusing"].append(change.refusing)
        figures["longest"].append(change.longest)
        figures["longest-quiet"].append(change.longest_quiet)
        figures["failures"] += change.failures
        if change.opened is not None:
            figures["opened"].append(change.opened)
    return figures


def peak(server, crls, form):
    """One more change, for the memory it takes: of all, and of the child that needs most."""
    settle(server, crls, form)
    greet(server)
    before = {worker: processes.resident(worker) for worker in server.workers()}
    for worker in before:
        processes.reset_high_water(worker)
    with processes.Peak(server) as most:
        Change(server, crls, form)
    figures = {"peak": most.most}
    if server.takes_changes:
        figures["compiler"] = max(processes.high_water(worker) - resident for worker, resident in before.items())
    return figures


def reloads(server, crls, form, times):
    """Memory after the second of many changes, and after the last."""
    greet(server, 1000)  # the heaps of threads grow for as long, CRL or not
    looks = {}
    for run in range(1, times + 1):
        revoked = run % 2 == 1
        crls.put(form, revoked)
        wait_until(server, "mallory", REFUSED if revoked else ACCEPTED)
        if run in (2, times):
            greet(server, 20)
            looks[run] = at_rest(server)
    return {"reloads-second": looks[2], "reloads-last": looks[times]}
