# SPDX-License-Identifier: Apache-2.0
"""Configurations in which httpd, mod_ssl or another module does not go the usual way: plain HTTP on a TLS
port, CAs that mod_ssl does not know of, a refusal before our hook is asked, rules that go wrong."""
import re
import socket
import ssl

import pytest
from harness.denial import denial, denials
from harness.message import MessageReader
from harness.waiting import PATIENCE

# -- trust across virtual hosts ----------------------------------------------------------------

HOST = """
    <VirtualHost *:${{https}}>
        ServerName {name}.example.org
        Include ${{tls}}
        SSLVerifyClient require
        {trust}
    </VirtualHost>
"""
TRUST = {
    "file": "SSLCACertificateFile ${ca}",
    "ocsp": """SSLCACertificateFile ${ca}
        SSLOCSPEnable on
        SSLOCSPDefaultResponder http://127.0.0.1:${dead}/
        SSLOCSPOverrideResponder on""",
    "command": "SSLOpenSSLConfCmd VerifyCAFile ${ca}",
    "second": "SSLOpenSSLConfCmd VerifyCAFile ${second}",
}
LOCATIONS = """
    FallbackResource /index.html
    Header always set X-Ours "expr=%{CLIENTCERT_VERIFY}"
    <Location /line>
        Require clientcert
    </Location>
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Location>
    <Location /satisfy-any>
        SSLVerifyClient require
        Order deny,allow
        Deny from all
        Satisfy Any
        Require clientcert
    </Location>
    <Location /satisfy-any-optional>
        SSLVerifyClient optional
        Order deny,allow
        Deny from all
        Satisfy Any
        Require clientcert
    </Location>
    <Location /file>
        ClientCertRequire %{HTTP:X-Guess} eq file("${htdocs}/../key")
    </Location>
    <Location /misspelled>
        ClientCertRequire SSL('SSL_CLIENT_TYPO') ne "CN=Mallory"
    </Location>
    <Location /misspelled-empty>
        ClientCertRequire SSL('SSL_CLIENT_TYPO') eq ""
    </Location>
    <Location /misspelled-line>
        Require clientcert-expr SSL('SSL_CLIENT_TYPO') != 'CN=Mallory'
    </Location>
"""
ASKING = """
    <VirtualHost *:${ask}>
        Include ${tls}
        SSLCACertificateFile ${ca}
    </VirtualHost>
    <VirtualHost *:${optional}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
    </VirtualHost>
"""
KEY = "the key that nobody reads in a log"
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture(scope="module")
def second(pki):
    return pki.authority("/O=Test/CN=Second CA")


@pytest.fixture(scope="module")
def olga(second):
    return second.client("/O=garex AG/CN=Olga")


@pytest.fixture(scope="module")
def site(make_server, second):
    server = make_server()
    hosts = "".join(HOST.format(name=name, trust=trust) for name, trust in TRUST.items())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()[1]  # where nobody answers, once it is closed
    server.configure("Protocols http/1.1\nSSLVHostSNIPolicy insecure\n" + LOCATIONS + hosts + ASKING,
                     modules="headers dir access_compat", ports="https ask optional", second=second, dead=dead)
    (server.root / "key").write_text(KEY)
    server.allow_log("AH01897", always=True)  # mod_ssl does not see the CAs of SSLOpenSSLConfCmd
    server.start()
    # mod_authz_core, of each refused Require line, and mod_access_compat.
    server.allow_log("AH01630|AH01797", always=True)
    return server


def at(server, name):
    return {"Host": f"{name}.example.org:{server.ports['https']}"}


# Who, the host of his handshake -> the hosts that let him in.
LET_IN = [("alice", "file", {"file", "command"}), ("alice", "command", {"file", "command"}),
          ("olga", "second", {"second"})]


@both_versions
@pytest.mark.parametrize("who,sni,good", LET_IN)
def test_each_host_trusts_its_own_cas_however_they_are_given(site, pki, olga, who, sni, good, version):
    names = ("file", "command", "second")
    credential = {"alice": pki.alice, "olga": olga}[who]
    with site.tls(credential, host=f"{sni}.example.org", version=version) as connection:
        for name in [*names, *reversed(names)]:
            expected = (200, "SUCCESS") if name in good else (403, "FAILED")
            for path in "/line", "/rule":
                response = connection.get(path, at(site, name))
                assert (name, path, response.status, response.header("X-Ours")) == (name, path, *expected)
    denials(site, 4 * (len(names) - len(good)))


@both_versions
@pytest.mark.parametrize("sni", ["file", "command"])
def test_a_host_with_an_ocsp_responder_lets_nobody_in_about_whom_it_was_not_asked(site, pki, sni, version):
    with site.tls(pki.alice, host=f"{sni}.example.org", version=version) as connection:
        for path in ("/line", "/rule") * 2:
            response = connection.get(path, at(site, "ocsp"))
            assert (path, response.status, response.header("X-Ours")) == (path, 403, "FAILED")
            assert connection.get(path, at(site, "file")).status == 200
    denials(site, 4)


@both_versions
@pytest.mark.parametrize("there", ["second", "ocsp"])
@pytest.mark.parametrize("here", ["file", "command"])
def test_a_session_does_not_carry_trust_to_another_host(site, pki, here, there, version):
    """There a full handshake begins, in which mod_ssl refuses the certificate."""
    with site.tls(pki.alice, host=f"{here}.example.org", version=version) as connection:
        assert connection.get("/line").status == 200
        with pytest.raises((ssl.SSLError, ConnectionError)):
            with connection.resume(host=f"{there}.example.org") as again:
                again.get("/line")
    if there == "ocsp":
        site.expect_log("AH01974")  # nobody answers there


# -- another module refuses first --------------------------------------------------------------

@both_versions
@pytest.mark.parametrize("path", ["/satisfy-any", "/satisfy-any-optional"])
def test_satisfy_any_takes_the_certificate_that_was_asked_for_just_now(site, pki, path, version):
    """mod_access_compat refuses before our access hook can look at the handshake that mod_ssl made."""
    with site.tls(pki.alice, port="ask", version=version) as connection:
        assert connection.get(path).status == 200
        assert connection.get(path).status == 200


@both_versions
def test_satisfy_any_denies_who_has_no_certificate(site, version):
    with site.tls(port="ask", version=version) as connection:
        assert connection.get("/satisfy-any-optional").status == 403
    assert denial(site).verify == "NONE"


@both_versions
def test_satisfy_any_does_not_serve_who_owes_a_certificate(site, version):
    """mod_ssl ends the connection of a client that does not have the required certificate."""
    with site.tls(port="ask", version=version) as connection, pytest.raises((ssl.SSLError, ConnectionError)):
        connection.get("/satisfy-any")
    assert denial(site).verify == "NONE"
    site.allow_log("AH02261|AH02263|SSL Library Error")


# -- rules -------------------------------------------------------------------------------------

def test_the_content_of_a_file_is_not_told_in_the_log(site, pki):
    with site.tls(pki.alice, port="optional") as connection:
        assert connection.get("/file", {"X-Guess": KEY}).status == 200
        assert connection.get("/file", {"X-Guess": "guessed"}).status == 403
    found = denial(site)
    assert found.rule.values["HTTP:X-Guess"] == "guessed"
    assert KEY not in site.log()


@pytest.mark.parametrize("path,status", [("/misspelled", 403), ("/misspelled-empty", 403), ("/misspelled-line", 500)])
def test_a_variable_that_does_not_exist_lets_nobody_in(site, pki, path, status):
    """Compared by `ne`, an empty value would let everybody in."""
    for credential in (pki.alice, pki.mallory, None):
        assert site.status(path, cert=credential, port="optional") == status
    site.expect_log("no certificate variable is called 'SSL_CLIENT_TYPO'")
    for found in denials(site, 3 if status == 403 else 0):
        assert "SSL_CLIENT_TYPO" in found.rule.error


# -- plain HTTP to a TLS port ------------------------------------------------------------------

PLAIN = """
    Protocols http/1.1
    ErrorDocument 400 /400.html
    <VirtualHost *:${rule}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        <Location />
            ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"
        </Location>
    </VirtualHost>
    <VirtualHost *:${line}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        <Location />
            Require clientcert
        </Location>
    </VirtualHost>
    <VirtualHost *:${free}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        <Location />
            Require all granted
        </Location>
    </VirtualHost>
"""


@pytest.mark.ordinary_build("valgrind and AddressSanitizer cannot run together")
def test_plain_http_on_a_tls_port_is_a_bad_request_and_touches_no_freed_memory(make_server, pki):
    """mod_ssl frees what it has of TLS, then the ErrorDocument is looked at as any other resource."""
    server = make_server("prefork")
    server.configure(PLAIN, ports="rule line free")
    server.page("400.html", "speak TLS\n")
    report = server.root / "logs" / "memcheck"
    server.start(wrapper=["valgrind", "--num-callers=30", f"--log-file={report}"], one_process=True, timeout=60)
    for port in server.ports:
        with socket.create_connection(("127.0.0.1", server.ports[port]), timeout=20 * PATIENCE) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            response = MessageReader(client).response()
        assert (port, response.status) == (port, 400)
        assert ("speak TLS" in response.text) == (port == "free")
    with server.tls(pki.alice, port="rule") as connection:
        assert connection.get("/index.html").status == 200
    server.allow_log("CC0101|AH01630")
    server.stop()
    text = report.read_text()
    assert "ERROR SUMMARY" in text, text[-2000:]
    assert re.findall(r"^==\d+== Invalid (?:read|write|free).*", text, re.M) == [], text[-6000:]
