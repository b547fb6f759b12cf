# SPDX-License-Identifier: Apache-2.0
"""Clients that people have, each with its own idea of TLS and HTTP: curl, nghttp, h2load, openssl s_client. What a client
says it was answered is what the access log says it was answered."""
import re
import subprocess
from collections import Counter

import pytest
from harness import crls
from harness.crls import crl, publish
from harness.proxies import HAProxy, needs
from harness.waiting import PATIENCE, wait_until

needs("nghttp", "h2load", "haproxy")
MPMS = ["event", "worker", "prefork"]
SITE = """
    MaxKeepAliveRequests 0
    ClientCertCRL ${crls}
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        ClientCertVerify report
        ClientCertRevokedConnections keep
        LogLevel crit
        CustomLog logs/clients "%>s %H %{CLIENTCERT_VERIFY}e %{CLIENTCERT_REASON}e %U"
        <Location />
            Require clientcert
        </Location>
        <Location /fun/>
            ClientCertRequire %{SSL_CLIENT_S_DN_OU} eq "Fun dept."
        </Location>
    </VirtualHost>
"""
PATHS = ("/index.html", "/fun/index.html")
# Whose certificate -> the statuses of the paths, and what is said of the certificate.
PEOPLE = {
    "alice": ((200, 200), "SUCCESS"),
    "mallory": ((200, 403), "SUCCESS"),
    "revoked": ((403, 403), "FAILED"),
    "expired": ((403, 403), "FAILED"),
    "nobody": ((403, 403), "NONE"),
}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, people):
    threads = server.mpm != "prefork"
    server.configure(("Protocols h2 http/1.1" if threads else "") + SITE, modules="http2" if threads else "",
                     crls=crls.folder(server))
    revoke(server, pki, people["revoked"])
    server.page("fun/index.html")
    server.start()
    crls.ready(server, pki.alice)


@pytest.fixture(scope="module")
def people(pki):
    return {"alice": pki.alice, "mallory": pki.mallory, "revoked": pki.ca.client("/OU=Fun dept./CN=Lost"),
            "expired": pki.ca.client("/OU=Fun dept./CN=Late", valid=("-2d", "-1d")), "nobody": None}


def revoke(server, pki, *credentials):
    publish(crls.folder(server) / "ca.crl", crl(pki.ca, credentials))


# -- the clients: each asks for all paths that often, and counts the statuses -----------------------

def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60 * PATIENCE)


def curl(server, credential, times):
    certificate = ["--cert", credential.chain, "--key", credential.key] if credential else []
    asked = [part for path in PATHS for part in ("-o", "/dev/null", f"{server.url(path)}?[1-{times}]")]
    done = run("curl", "-q", "-sS", "--noproxy", "*", "--http2", "-Z", "--parallel-max", 10,
               "--cacert", server.pki.ca.cert, *certificate, "-w", "%{http_code}\n", *asked)
    assert done.returncode == 0, done.stderr
    return Counter(map(int, done.stdout.split()))


def nghttp(server, credential, times):
    certificate = ["--cert", credential.chain, "--key", credential.key] if credential else []
    done = run("nghttp", "-ns", "-m", times, *certificate, *map(server.url, PATHS))
    if server.mpm == "prefork":  # mod_http2 is not made for it, and nghttp speaks nothing else
        assert f"total={times * len(PATHS)}, processed=0" in done.stderr, done.stderr
    else:
        assert done.returncode == 0, done.stderr
    return Counter(map(int, re.findall(r"^ *\d+ +\S+ +\S+ +\S+ +(\d{3}) .* /", done.stdout, re.M)))


class Tunnel(HAProxy):
    """TLS with a certificate for a client that has none: h2load has no option for it."""

    def configuration(self, credential, to, host, verify):
        certificate = f"crt {credential.pem}" if credential else ""
        return f"""
            global
                nbthread 1
            defaults
                mode tcp
                timeout connect 10s
                timeout client 60s
                timeout server 60s
            listen tunnel
                bind 127.0.0.1:{self.ports["https"]}
                default-server ca-file {self.pki.ca.cert} verifyhost {host}
                server one 127.0.0.1:{to} ssl {certificate} {verify} sni str({host})
            """

    def load(self, *options, paths=PATHS):
        http = ["--h1"] if "alpn http/1.1" in self._conf.read_text() else ["-m", 10]
        return ["h2load", *http, "-c", 4, *options, *(f"http://127.0.0.1:{self.ports['https']}{path}" for path in paths)]


def tunnel(server, credential):
    return Tunnel(server.pki, credential, to=server.ports["https"],
                  verify=f"verify required alpn {'http/1.1' if server.mpm == 'prefork' else 'h2'}")


def counted(report):
    """What h2load says: of each class one status occurs here."""
    number = {name: int(count) for count, name in re.findall(r"(\d+) (\w+)", report)}
    assert number["total"] == number["done"] == number["2xx"] + number["4xx"], report
    assert number["failed"] == number["4xx"] and number["errored"] == number["timeout"] == 0, report
    return +Counter({200: number["2xx"], 403: number["4xx"]})


def h2load(server, credential, times):
    with tunnel(server, credential) as made:
        done = run(*made.load("-n", times * len(PATHS)))
    assert done.returncode == 0, done.stderr
    return counted(done.stdout)


def s_client(server, credential, times):
    statuses = Counter()
    for version in "-tls1_2", "-tls1_3":
        with server.s_client(version, "-verify_return_error", cert=credential) as client:
            statuses.update(client.get(path) for path in PATHS for _ in range(times // 2))
    return statuses


CLIENTS = {client.__name__: client for client in (curl, nghttp, h2load, s_client)}


# -- the log ---------------------------------------------------------------------------------------

def lines_of(server):
    return (server.root / "logs/clients").read_text().splitlines()


def lines_so_far(server):
    server.settle()
    return len(lines_of(server))


def logged(server, before, count):
    """The lines of that many requests: none less, none more."""
    wait_until(lambda: len(lines_of(server)) >= before + count, f"{count} requests are not all logged")
    assert lines_so_far(server) == before + count
    return [line.split() for line in lines_of(server)[before:]]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_is_answered_what_the_log_says(server, people, client, who):
    statuses, verify = PEOPLE[who]
    times, before = 20, lines_so_far(server)
    if (server.mpm, client) == ("prefork", "nghttp"):
        statuses = ()
    answers = CLIENTS[client](server, people[who], times)
    assert answers == Counter(statuses * times)
    lines = logged(server, before, times * len(statuses))
    assert Counter((int(line[0]), line[4]) for line in lines) == Counter(tuple(zip(statuses, PATHS)) * times)
    version = "HTTP/1.1" if client == "s_client" or server.mpm == "prefork" else "HTTP/2.0"
    assert {(line[1], line[2]) for line in lines} <= {(version, verify)}


def test_who_is_revoked_under_load_is_refused_from_then_on(server, pki, people):
    before, dave = lines_so_far(server), pki.ca.client("/OU=Fun dept./CN=Dave")
    with tunnel(server, dave) as made:
        command = made.load("-n", 2400, "--rps", 200, paths=PATHS[:1])
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as load:
            wait_until(lambda: len(lines_of(server)) > before, "no requests")
            revoke(server, pki, people["revoked"], dave)
            report = load.communicate(timeout=60 * PATIENCE)[0]
    answers = counted(report)
    lines = logged(server, before, 2400)
    assert Counter(int(line[0]) for line in lines) == answers and answers[200] and answers[403]
    # All of a kind, but for what the processes log at the same time.
    first = next(i for i, line in enumerate(lines) if line[0] == "403")
    late = [line for line in lines[first + 100:] if line[0] == "200"]
    assert not late, late
