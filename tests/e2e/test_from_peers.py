# SPDX-License-Identifier: Apache-2.0
"""Who is believed: the TCP peer that ClientCertTrustedProxy lists, on a virtual host that says so, under the one
name of the field. From everybody else the fields are removed as if they had not been sent."""
import itertools
import re
import subprocess

import pytest
from harness.forwarded import FIELD, FORMATS, NAMES, base64_of, of
from harness.gateways import PATHS, Gateways
from harness.intake import GLOBAL, MODULES, WAYS, Plain, both, connect, host, nobody, who

ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"
CA = "ClientCertCACertificateFile ${ca}\n"
NEAR, FAR = "ClientCertTrustedProxy 127.0.0.1\n", "ClientCertTrustedProxy 127.0.0.2\n"
REMOTE_IP = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.0/8\n"
LISTS = {
    "address": "127.0.0.2", "network": "127.0.0.2/31", "several": "10.0.0.1 127.0.0.2 ::1", "all": "127.0.0.0/8",
    "six": "::1", "six-network": "::/64", "others": "10.0.0.0/8 192.168.0.0/16 ::2 unix:",
}


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    proxied = gateways.configuration() + "\n"
    hosts = [both("bare", proxied)]
    for kind in FORMATS:
        lines = f"ClientCertFrom {kind}\n{CA}{proxied}"
        hosts += [both(kind, NEAR + lines), both(f"{kind}-far", FAR + lines)]
    intake = f"ClientCertFrom nginx\n{CA}"
    hosts += [host(f"list-{name}", "http", f"{intake}ClientCertTrustedProxy {words}\n") for name, words in LISTS.items()]
    hosts += [host("list-twice", "http", f"{intake}ClientCertTrustedProxy 10.0.0.1\n{FAR}"),
              host("remoteip", "http", intake + NEAR + REMOTE_IP),
              host("remoteip-far", "http", intake + "ClientCertTrustedProxy 192.0.2.7\n" + REMOTE_IP),
              host("proxyprotocol", "proxied", intake + NEAR + "RemoteIPProxyProtocol On\nSSLEngine off\n"),
              host("proxyprotocol-far", "proxied", intake + "ClientCertTrustedProxy 192.0.2.7\nSSLEngine off\n"),
              host("asking", "https", intake + NEAR + "SSLCACertificateFile ${ca}\nSSLVerifyClient optional\n" + proxied),
              host("asking-far", "https", intake + FAR + "SSLCACertificateFile ${ca}\nSSLVerifyClient optional\n" + proxied),
              host("merging", "http", intake + NEAR + "MergeTrailers On\n" + proxied),
              host("merging-far", "http", intake + FAR + "MergeTrailers On\n" + proxied)]
    server.configure(f"Listen [::1]:${{http}}\nListen [::ffff:127.0.0.1]:${{mapped}}\n{GLOBAL}" + "".join(hosts)
                     + host("mapped", "mapped", intake + NEAR + "SSLEngine off\n"),
                     modules=f"{MODULES} remoteip {Gateways.MODULES}", ports="http https proxied",
                     mapped=server._held.take())
    server.allow_log("AH03500|AH0349", always=True)  # the harness looks whether that port answers
    server.allow_log("CC0211", always=True)  # once a minute
    server.start()


# -- whom ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name,from_1,from_2,from_9,from_six", [
    ("address", False, True, False, False), ("network", False, True, False, False), ("several", False, True, False, True),
    ("all", True, True, True, False), ("six", False, False, False, True), ("six-network", False, False, False, True),
    ("others", False, False, False, False), ("twice", False, True, False, False)])
def test_the_list_of_proxies(server, pki, name, from_1, from_2, from_9, from_six):
    addresses = {("127.0.0.1", "127.0.0.1"): from_1, ("127.0.0.1", "127.0.0.2"): from_2,
                 ("127.0.0.1", "127.0.0.9"): from_9, ("::1", "::1"): from_six}
    for (address, source), trusted in addresses.items():
        with connect(server, "http/1.1", f"list-{name}", address=address, source=source) as connection:
            response = connection.get(headers=of("nginx", pki.alice))
            assert response.status == 200
            assert who(response).subject == (ALICE if trusted else ""), source
            assert trusted or nobody(response)


def test_a_stranger_is_told_of_once_a_minute(server, pki):
    server.restart()
    with connect(server, "http/1.1", "list-address", source="127.0.0.9") as connection:
        for _ in range(3):
            assert nobody(connection.get(headers=of("nginx", pki.alice)))
    line, = server.expect_log("CC0211", times=1)
    assert "X-SSL-Client-Cert is not believed: 127.0.0.9, which has sent it, is no ClientCertTrustedProxy" in line


def test_an_ipv4_peer_on_an_ipv6_socket(server, pki):
    """Whose address the kernel tells as ::ffff:127.0.0.1."""
    port = server._defines["mapped"]
    for source, subject in ("127.0.0.1", ALICE), ("127.0.0.2", ""):
        with Plain(port, "mapped.example.org", source=source) as connection:
            assert who(connection.get(headers=of("nginx", pki.alice))).subject == subject


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_stranger_is_a_client_without_a_certificate(server, pki, kind, way):
    with connect(server, way, f"{kind}-far") as connection:
        for headers in of(kind, pki.alice), [(FIELD[kind], "junk")], [(FIELD[kind], "\xff%00" * 100)]:
            response = connection.get("/http/x", headers)
            assert response.status == 200 and nobody(response)
            assert not {name.lower() for name in NAMES} & set(response.seen.names())


def test_the_client_that_mod_remoteip_tells_of_is_not_the_peer(server, pki):
    for forwarded in "192.0.2.7", "127.0.0.1", "192.0.2.7, 127.0.0.1", "127.0.0.1, 192.0.2.7", "::1":
        headers = [*of("nginx", pki.alice), ("X-Forwarded-For", forwarded)]
        with connect(server, "http/1.1", "remoteip") as connection:
            assert who(connection.get(headers=headers)).subject == ALICE
        with connect(server, "http/1.1", "remoteip", source="127.0.0.2") as connection:
            assert nobody(connection.get(headers=headers))
        with connect(server, "http/1.1", "remoteip-far") as connection:
            assert nobody(connection.get(headers=headers))


def test_the_client_that_the_proxy_protocol_tells_of_is_not_the_peer(server, pki):
    for told in "192.0.2.7", "127.0.0.1":
        for name, subject in ("proxyprotocol", ALICE), ("proxyprotocol-far", ""):
            with Plain(server.ports["proxied"], f"{name}.example.org") as connection:
                connection.send(f"PROXY TCP4 {told} 127.0.0.1 1025 80\r\n".encode())
                for _ in range(2):
                    assert who(connection.get(headers=of("nginx", pki.alice))).subject == subject
    with Plain(server.ports["proxied"], "proxyprotocol.example.org", source="127.0.0.2") as connection:
        connection.send(b"PROXY TCP4 127.0.0.1 127.0.0.1 1025 80\r\n")
        assert nobody(connection.get(headers=of("nginx", pki.alice)))


# -- where -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("way", WAYS)
def test_a_virtual_host_that_takes_nothing_in_removes_them_all(server, pki, way):
    headers = [pair for kind in FORMATS for pair in of(kind, pki.alice)]
    with connect(server, way, "bare") as connection:
        response = connection.get("/http/x", headers)
        assert nobody(response) and not {name.lower() for name in NAMES} & set(response.seen.names())


@pytest.mark.parametrize("kind", FORMATS)
def test_a_virtual_host_takes_its_own_format_and_removes_the_others(server, pki, kind):
    others = [pair for other in FORMATS if other != kind for pair in of(other, pki.alice)]
    with connect(server, "http/1.1", kind) as connection:
        response = connection.get("/http/x", others)
        assert nobody(response) and not {name.lower() for name in NAMES} & set(response.seen.names())
        assert who(connection.get(headers=[*others, *of(kind, pki.mallory)])).subject == "CN=Mallory,O=Evil"


def test_the_virtual_host_of_the_request_decides_not_that_of_the_connection(server, pki):
    """A client may ask for any of them on one connection."""
    for way in "http/1.1", "https/1.1":
        with connect(server, way, "nginx") as connection:
            headers = of("nginx", pki.alice)
            for name, subject in ("nginx", ALICE), ("nginx-far", ""), ("haproxy", ""), ("bare", ""), ("nginx", ALICE):
                asked = [*headers, ("Host", f"{name}.example.org")]
                assert who(connection.get(headers=asked)).subject == subject, name


# -- under which name ------------------------------------------------------------------------------------

def spellings(name):
    parts = name.split("-")
    for separators in itertools.product("-_.", repeat=len(parts) - 1):
        yield "".join(itertools.chain(*zip(parts, (*separators, ""))))
    for separator in "_.!#$%&'*+^`|~":
        yield separator.join(parts).upper()


@pytest.mark.parametrize("kind", FORMATS)
def test_another_spelling_is_another_field_and_goes_nowhere(server, pki, kind):
    """A proxy sets its own field and lets the client's X_SSL_Client_Cert pass."""
    odd = [(name, value) for field, value in of(kind, pki.alice) for name in spellings(field)
           if name.lower() != field.lower()]
    for way in "http/1.1", "h2":
        with connect(server, way, kind) as connection:
            for path in PATHS:
                if (path, way) == ("/ajp/x", "h2"):
                    continue  # would be told the certificate of the proxy's own connection: refused there
                response = connection.get(path, odd)
                assert response.status == 200 and nobody(response), path
                assert base64_of(pki.alice.der)[:60] not in response.text, path
            assert who(connection.get(headers=[*odd, *of(kind, pki.mallory)])).subject == "CN=Mallory,O=Evil"
            assert who(connection.get(headers=[*of(kind, pki.mallory), *odd])).subject == "CN=Mallory,O=Evil"


@pytest.mark.parametrize("kind", FORMATS)
def test_the_case_of_a_name_makes_no_difference(server, pki, kind):
    with connect(server, "http/1.1", kind) as connection:
        for change in str.upper, str.lower, str.swapcase:
            headers = [(change(name), value) for name, value in of(kind, pki.alice)]
            assert who(connection.get(headers=headers)).subject == ALICE


@pytest.mark.parametrize("kind", FORMATS)
def test_trailers_bring_nothing_in(server, pki, kind):
    for name, way in itertools.product((kind, f"{kind}-far"), ("http/1.1", "h2c", "h2")):
        with connect(server, way, name) as connection:
            ask = dict(method="POST", path="/http/x", body=b"body", trailers=of(kind, pki.alice))
            for _ in range(2):
                response = connection.get(**ask) if "h2" in way else connection.request(**ask)
                assert nobody(response), way
                assert base64_of(pki.alice.der)[:60] not in response.text


def test_merged_trailers_bring_nothing_in(server, pki):
    for name in "merging", "merging-far":
        with connect(server, "http/1.1", name) as connection:
            for path in "/http/x", "/fcgi/x", "/index.html":
                response = connection.request("POST", path, (), b"body", of("nginx", pki.alice))
                assert nobody(response) and base64_of(pki.alice.der)[:60] not in response.text
                response = connection.request("POST", path, of("nginx", pki.mallory), b"body", of("nginx", pki.alice))
                assert who(response).subject == ("CN=Mallory,O=Evil" if name == "merging" else "")
                assert base64_of(pki.alice.der)[:60] not in response.text


@pytest.mark.parametrize("kind", FORMATS)
def test_a_connection_field_that_names_it_changes_nothing(server, pki, kind):
    names = ", ".join(name for name, _ in of(kind, pki.alice))
    for name, subject in (kind, ALICE), (f"{kind}-far", ""):
        with connect(server, "http/1.1", name) as connection:
            for where in (0, 1):
                headers = of(kind, pki.alice)
                headers.insert(where * len(headers), ("Connection", f"keep-alive, {names}"))
                response = connection.get("/http/x", headers)
                assert who(response).subject == subject
                assert base64_of(pki.alice.der)[:60] not in response.text


# -- TLS of the proxy itself -------------------------------------------------------------------------------

@pytest.mark.parametrize("way", ["https/1.1", "h2"])
def test_the_proxys_own_certificate_is_never_the_users(server, pki, way):
    with connect(server, way, "asking", cert=pki.alice) as connection:
        assert nobody(connection.get())
        assert who(connection.get(headers=of("nginx", pki.mallory))) == ("SUCCESS", "none", "nginx", "CN=Mallory,O=Evil")
        assert nobody(connection.get(headers=[("X-SSL-Client-Cert", "")]))
        response = connection.get(headers=[("X-SSL-Client-Cert", "x")])
        assert response.status == 400 and nobody(response)
    server.expect_log("CC0210", times=1)


@pytest.mark.parametrize("way", ["https/1.1", "h2"])
def test_a_stranger_with_a_certificate_of_his_own_counts_by_that(server, pki, way):
    with connect(server, way, "asking-far", cert=pki.mallory) as connection:
        for headers in [], of("nginx", pki.alice), [("X-SSL-Client-Cert", "x")]:
            response = connection.get("/http/x", headers)
            assert who(response) == ("SUCCESS", "none", "tls", "CN=Mallory,O=Evil")
            assert base64_of(pki.alice.der)[:60] not in response.text


def test_by_curl_from_another_address(server, pki):
    """The same with a client that others have written."""
    (name, value), = of("nginx", pki.alice)
    port = server.ports["http"]
    for source, subject in ("127.0.0.1", ""), ("127.0.0.2", ALICE):
        done = subprocess.run(["curl", "-q", "-sS", "-D-", "--noproxy", "*", "--interface", source, "-H", f"{name}: {value}",
                               "-H", "Host: nginx-far.example.org", f"http://127.0.0.1:{port}/index.html"],
                              capture_output=True, text=True, check=True)
        assert re.search(r"^X-Who: (.*)\r?$", done.stdout, re.M)[1].split("|")[3].strip() == subject
