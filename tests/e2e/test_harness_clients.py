# SPDX-License-Identifier: Apache-2.0
"""The harness itself: its clients, against plain mod_ssl."""
import ssl

import pytest
from harness.curl import CurlError
from harness.waiting import wait_until


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure("""
        Protocols h2 http/1.1
        Redirect /moved /index.html
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional
            SSLOptions +StdEnvVars
            Header set X-Subject "expr=%{SSL_CLIENT_S_DN}"
            Header set X-Resumed "expr=%{SSL_SESSION_RESUMED}"
            ProxyPass /seen ${backend}/seen
            CustomLog logs/trailers "%{X-After}^ti %{X-Odd}i"
        </VirtualHost>
        <VirtualHost *:${https}>
            ServerName other.example.org
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient require
            Header set X-Subject "other"
        </VirtualHost>
        <VirtualHost *:${ask}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            <Location /private>
                SSLVerifyClient require
            </Location>
            Header set X-Subject "expr=%{SSL_CLIENT_S_DN}"
        </VirtualHost>
    """, modules="http2 headers alias proxy_http", ports="http https ask", backend=backends.http.url)
    server.page("private", "secret\n")
    server.start()


ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"


# -- curl --------------------------------------------------------------------------------------

@pytest.mark.parametrize("http", ["1.0", "1.1", "2"])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_curl_speaks_every_version(server, pki, http, tls):
    response = server.curl(cert=pki.alice, http=http, tls=tls)
    assert (response.status, response.text, response.header("X-Subject")) == (200, "hello\n", ALICE)
    assert response.version == ("2" if http == "2" else "1.1")


def test_curl_sends_headers_and_data(server):
    seen = server.curl("/seen", headers=[("X-A", "1"), ("X-A", "2"), ("X-Empty", "")], data="body").seen
    assert (seen.method, seen.values("X-A"), seen.value("X-Empty"), seen.body) == \
        ("POST", ["1, 2"], "", "body")


def test_curl_follows_no_redirect_by_itself(server):
    assert server.status("/moved") == 302
    assert server.status("/moved", "-L") == 200


def test_curl_names_a_virtual_host(server, pki):
    assert server.curl(host="other.example.org", cert=pki.alice).header("X-Subject") == "other"


def test_a_failed_handshake_is_an_exception(server):
    with pytest.raises(CurlError) as failure:
        server.curl(host="other.example.org", tls="1.2")
    assert failure.value.code in (35, 56)


# -- TLS ---------------------------------------------------------------------------------------

def test_several_requests_on_one_connection(server, pki):
    with server.tls(pki.alice) as connection:
        assert [connection.get().header("X-Subject") for _ in range(3)] == [ALICE] * 3


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_session_is_resumed(server, pki, version):
    with server.tls(pki.alice, version=version) as first:
        assert first.get().header("X-Resumed") == "Initial"
        with first.resume() as second:
            response = second.get()
            assert second.resumed
            assert (response.header("X-Resumed"), response.header("X-Subject")) == ("Resumed", ALICE)


def test_a_session_is_offered_to_another_virtual_host(server, pki):
    with server.tls(pki.alice, version="1.2") as first:
        first.get()
        with first.resume("other.example.org") as second:
            assert second.request().header("X-Subject") == "other"


def test_the_name_in_the_handshake_need_not_be_that_of_the_request(server, pki):
    with server.tls(pki.alice, sni="other.example.org") as connection:
        assert connection.request(headers={"Host": "other.example.org"}).header("X-Subject") == "other"
    with server.tls(pki.alice, sni="") as connection:
        assert connection.get().header("X-Subject") == ALICE


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_certificate_is_asked_for_later(server, pki, version):
    """By renegotiation, or by post-handshake authentication."""
    with server.tls(pki.alice, port="ask", version=version) as connection:
        assert connection.get().header("X-Subject") == ""
        assert connection.get("/private").header("X-Subject") == ALICE


def test_a_client_may_not_offer_post_handshake_authentication(server, pki):
    with server.tls(pki.alice, port="ask", version="1.3", pha=False) as connection:
        assert connection.get("/private").status == 403
    server.expect_log("AH10158")
    server.expect_log("extension not received")


def test_odd_bytes_are_sent_as_they_are(server):
    with server.tls() as connection:
        assert connection.get("/seen", [("X_Odd.name", b"\xe9t\xe9")]).seen.value("X_Odd.name") == "\xe9t\xe9"
        connection.send(b"GET /index.html HTTP/1.1\r\nBad Name: x\r\n\r\n")
        assert connection.response().status == 400
        assert connection.closed_by_peer()


def test_a_body_has_trailers(server):
    with server.tls() as connection:
        seen = connection.request("POST", "/seen", body=b"data", trailers=[("X-After", "all")]).seen
    assert seen.body == "data"
    wait_until(lambda: "all -\n" in (server.root / "logs" / "trailers").read_text(), "trailer in the log")


def test_an_untrusted_server_is_refused(server, pki, monkeypatch):
    monkeypatch.setattr(pki, "ca", pki.authority("/CN=Stranger"))
    with pytest.raises(ssl.SSLCertVerificationError):
        server.tls()


# -- openssl s_client --------------------------------------------------------------------------

def test_s_client_shows_what_the_server_asks_for(server):
    with server.s_client() as client:
        assert client.get() == 200
        client.expect("Acceptable client certificate CA names\nO = Test, CN = Test CA")


def test_s_client_may_ask_for_renegotiation_and_is_refused(server, pki):
    with server.s_client("-tls1_2", cert=pki.alice) as client:
        assert client.get() == 200
        client.renegotiate()
        client.expect("RENEGOTIATING")
        client.expect("no renegotiation|closed|alert|error")
    server.allow_log("AH02042|AH02225")


def test_s_client_keeps_a_session_in_a_file(server, pki, tmp_path):
    session = tmp_path / "session"
    with server.s_client("-tls1_2", "-sess_out", session, cert=pki.alice) as client:
        assert client.get() == 200
    with server.s_client("-tls1_2", "-sess_in", session, cert=pki.alice) as client:
        client.expect("Reused, TLSv1.2")


# -- HTTP/2 ------------------------------------------------------------------------------------

def test_many_streams_at_once(server, pki):
    with server.h2(pki.alice) as connection:
        responses = connection.gather(["/index.html"] * 50)
        assert {response.header("X-Subject".lower()) for response in responses} == {ALICE}
        assert len(responses) == 50


def test_a_stream_has_its_own_headers_body_and_trailers(server):
    with server.h2() as connection:
        seen = connection.get("/seen", [("X-Odd", "\xe9")], method="POST", body=b"data",
                              trailers=[("X-After", "h2")]).seen
        assert (seen.value("x-odd"), seen.body) == ("\xe9", "data")
    wait_until(lambda: "h2 \\xe9\n" in (server.root / "logs" / "trailers").read_text(), "trailer in the log")


def test_a_session_is_resumed_for_http_2(server, pki):
    with server.h2(pki.alice) as first:
        first.get()
        session, made = first.transport.socket.session, first.transport._context
        with server.h2(pki.alice, session=session, made=made) as second:
            assert second.get().header("X-Resumed") == "Resumed"

