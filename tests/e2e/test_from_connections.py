# SPDX-License-Identifier: Apache-2.0
"""What a proxy's connection remembers, and what it must not: between virtual hosts, after requests that failed early, in
caches, in memory."""
import json
import subprocess

import pytest
from harness import processes
from harness.forwarded import FIELD, FORMATS, envoy, of
from harness.intake import GLOBAL, MODULES, Plain, connect, host, nobody, who
from harness.load import resident
from harness.waiting import PATIENCE

ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"
NEAR = "ClientCertTrustedProxy 127.0.0.1\nClientCertFrom nginx\n"
TLS = "SSLCACertificateFile ${ca}\nSSLVerifyClient optional\n"
LINES = """
    ClientCertEnv On
    ScriptAlias /cgi-bin/ ${root}/cgi-bin/
    ErrorDocument 400 /cgi-bin/seen?400
    ErrorDocument 404 /cgi-bin/seen?404
    ErrorDocument 417 /cgi-bin/seen?417
    <Location /hidden>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Location>
"""
CACHE = """
    CacheEnable socache /
    CacheSocache shmcb
    CacheQuickHandler On
    Header set Cache-Control max-age=3600
"""


@pytest.fixture(scope="module")
def other(pki):
    return pki.authority("/CN=Other CA")


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, other):
    ours, others = "ClientCertCACertificateFile ${ca}\n", "ClientCertCACertificateFile ${other}\n"
    hosts = [host("one", port, ours + LINES) for port in ("http", "https")]
    hosts += [host("two", port, others + LINES) for port in ("http", "https")]
    hosts += [host("reporting", "http", ours + LINES + "ClientCertVerify report"),
              host("ignoring", "http", ours + LINES + "ClientCertVerify off"),
              host("cached", "http", ours + LINES + CACHE), host("asking", "https", ours + LINES + TLS)]
    hosts += [host(f"{hop}-hop", "http", ours + f"ClientCertFrom xfcc hop={hop}") for hop in ("first", "last")]
    # One line for all of them: they share what it says, and have their own CAs.
    server.configure(GLOBAL + NEAR + ours + "".join(hosts), modules=f"{MODULES} alias cgid cache cache_socache",
                     other=other.cert)
    server.page("hidden/page.html", "the secret\n")
    server.start()


@pytest.mark.parametrize("way", ["http/1.1", "h2c", "https/1.1", "h2"])
def test_virtual_hosts_with_other_cas_do_not_share_a_verdict(server, pki, other, way):
    """On one connection, which remembers the header; see CVE-2025-23048."""
    member = other.client("/CN=Member")
    with connect(server, way, "one") as connection:
        def ask(name, credential):
            address = f"{name}.example.org:{server.ports['https' if way in ('https/1.1', 'h2') else 'http']}"
            if "h2" in way:
                return connection.get("/index.html", of("nginx", credential), authority=address)
            return connection.get("/index.html", [("Host", address), *of("nginx", credential)])
        for _ in range(2):
            for name, credential, subject in (("one", pki.alice, ALICE), ("two", pki.alice, None), ("one", member, None),
                                              ("two", member, "CN=Member"), ("one", pki.alice, ALICE)):
                response = ask(name, credential)
                if response.status == 421:  # mod_ssl may refuse it on a TLS connection
                    continue
                assert response.status == (200 if subject else 403), (name, subject)
                assert who(response).subject == (subject or "")
                assert subject or who(response).reason == "unknown-issuer"
    server.allow_log("CC0101|AH02032")


def test_levels_do_not_share_a_refusal(server, pki, other):
    member = other.client("/CN=Member")
    with connect(server, "http/1.1", "one") as connection:
        for name, status in ("one", 403), ("reporting", 200), ("ignoring", 200), ("two", 200), ("one", 403):
            headers = [("Host", f"{name}.example.org"), *of("nginx", member)]
            response = connection.get("/index.html", headers)
            assert response.status == status, name
            assert (name == "ignoring") == nobody(response)
    server.expect_log("CC0101", times=2)


def test_the_same_value_can_mean_different_people(server, pki):
    """What it means is the virtual host's to say."""
    headers = [(FIELD["xfcc"], f"{envoy(pki.alice.der)},{envoy(pki.mallory.der)}")]
    with connect(server, "http/1.1", "one") as connection:
        for name, subject in (("first-hop", ALICE), ("last-hop", "CN=Mallory,O=Evil"), ("one", "")) * 2:
            response = connection.get("/index.html", [("Host", f"{name}.example.org"), *headers])
            assert (response.status, who(response).subject) == (200, subject)


EARLY = {
    "no host": b"GET / HTTP/1.1\r\n%s\r\n", "a bad host": b"GET / HTTP/1.1\r\nHost: a b\r\n%s\r\n",
    "an expectation": b"GET / HTTP/1.1\r\nHost: asking.example.org\r\nExpect: nothing\r\n%s\r\n",
    "no such file": b"GET /missing HTTP/1.1\r\nHost: asking.example.org\r\n%s\r\n",
    "a bad length": b"GET / HTTP/1.1\r\nHost: asking.example.org\r\nContent-Length: x\r\n%s\r\n",
    "a bad name": b"GET / HTTP/1.1\r\nHost: asking.example.org\r\nBad Name: x\r\n%s\r\n",
    "no such protocol": b"GET / HTTP/7.7\r\nHost: asking.example.org\r\n%s\r\n",
}


@pytest.mark.parametrize("what", EARLY)
@pytest.mark.parametrize("sent", [b"", b"X-SSL-Client-Cert: junk\r\n"])
def test_a_request_that_fails_early_is_not_the_proxys_own(server, pki, what, sent):
    """Its error document must not see the certificate of the proxy's TLS connection as the user's."""
    if what == "no such file" and sent:
        return  # that one is refused for what it sent, not for the file
    with server.tls(pki.alice, "asking.example.org") as connection:
        connection.send(EARLY[what] % sent)
        response = connection.response()
        assert response.status >= 400
        told = json.loads(response.text)["env"] if response.text.startswith("{") else {}
        assert told or what in ("no such protocol", "a bad name", "a bad length"), response.text
        assert "CLIENTCERT_SUBJECT" not in told and "junk" not in response.text
        if response.header("X-Who"):
            assert nobody(response), response.header("X-Who")
    server.allow_log("CC0210|AH0")


def test_off_does_not_look_at_what_is_sent(server):
    with connect(server, "http/1.1", "ignoring") as connection:
        response = connection.get(headers=[(FIELD["nginx"], "junk")])
        assert nobody(response) and response.status in (200, 400)
    server.allow_log("CC0210")


def test_a_cache_does_not_lend_a_page(server, pki):
    """mod_cache answers before access is checked."""
    with connect(server, "http/1.1", "cached") as connection:
        for _ in range(3):
            assert connection.get("/hidden/page.html", of("nginx", pki.alice)).text == "the secret\n"
            for headers in of("nginx", pki.mallory), []:
                response = connection.get("/hidden/page.html", headers)
                assert response.status == 403 and "secret" not in response.text
    with connect(server, "http/1.1", "cached") as connection:
        assert connection.get("/hidden/page.html", [(FIELD["nginx"], "junk")]).status == 400
    server.allow_log("CC0101|CC0210")


def test_an_upgrade_to_http_2_does_not_change_who_asks(server, pki):
    """The request that brings `Upgrade: h2c` is answered on the new connection, where its header may have been lost."""
    (name, value), = of("nginx", pki.alice)
    for headers, subject in ([f"{name}: {value}"], ALICE), ([], ""):
        command = ["curl", "-q", "-sS", "-D-", "--http2", "--noproxy", "*", "-H", "Host: one.example.org",
                   *(word for line in headers for word in ("-H", line)), f"http://127.0.0.1:{server.ports['http']}/"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        told = [line for line in done.stdout.splitlines() if line.lower().startswith("x-who")]
        assert told and told[-1].split("|")[3].strip() in (subject, ""), done.stdout


def test_a_connection_forgets(server, pki):
    """Of a proxy's connection that lives for days: many certificates, and many requests with them."""
    if PATIENCE != 1:
        return
    people = [of("nginx", pki.ca.client(f"/CN=User {number}")) for number in range(40)]
    pids = processes.children(server.pid)
    with Plain(server.ports["http"], "one.example.org") as connection:
        def work(rounds):
            for _ in range(rounds):
                assert {connection.get(headers=headers).status for headers in people} == {200}
            return sum(map(resident, pids))
        before = work(5)
        assert work(25) - before < 1000, "KB more after 1000 requests with 40 certificates"


def test_every_format_of_one_connection(server):
    """Nothing: this server takes nginx's alone, whatever else comes along."""
    with connect(server, "http/1.1", "one") as connection:
        for kind in FORMATS:
            response = connection.get(headers=of(kind, server.pki.alice))
            assert who(response).subject == (ALICE if kind == "nginx" else "")
