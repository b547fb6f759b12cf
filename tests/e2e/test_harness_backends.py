# SPDX-License-Identifier: Apache-2.0
"""The harness itself: what backends of every protocol tell of a request."""
import socket

import pytest
from harness.message import MessageReader


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure("""
        ServerName backends.example.org
        RequestHeader set X-From-Server "a, b"
        ProxyPass /http ${http_backend}
        ProxyPass /h2c ${h2c_backend}
        ProxyPass /fcgi ${fcgi_backend}
        ProxyPass /ajp ${ajp_backend}
        ScriptAlias /cgi-bin/ ${root}/cgi-bin/
        <Location /cgi-bin/>
            SetEnv GREETING "good morning"
        </Location>
    """, modules="headers env alias cgid proxy_http proxy_http2 proxy_fcgi proxy_ajp", ports="http",
                     http_backend=backends.http.url, h2c_backend=backends.h2c.url,
                     fcgi_backend=backends.fcgi.url, ajp_backend=backends.ajp.url)
    server.start()


def ask(server, path, **options):
    return server.curl(path, port="http", headers={"X-Mine": "caf\u00e9 1"}, **options).seen


@pytest.mark.parametrize("path", ["/http/x", "/h2c/x", "/ajp/x"])
def test_headers_arrive_in_order_with_their_bytes(server, path):
    seen = ask(server, path)
    assert seen.method == "GET"
    assert seen.value("X-From-Server") == "a, b"
    assert seen.value("X-Mine").encode("latin-1").decode() == "caf\u00e9 1"


@pytest.mark.parametrize("path", ["/fcgi/x", "/cgi-bin/seen"])
def test_headers_arrive_in_the_environment(server, path):
    seen = ask(server, path)
    assert seen.env["HTTP_X_FROM_SERVER"] == "a, b"
    assert seen.value("HTTP_X_MINE").encode("latin-1").decode() == "caf\u00e9 1"


def test_a_cgi_script_tells_its_environment(server):
    assert ask(server, "/cgi-bin/seen").env["GREETING"] == "good morning"


@pytest.mark.parametrize("path", ["/http/x", "/h2c/x", "/ajp/x", "/fcgi/x", "/cgi-bin/seen"])
def test_a_body_arrives(server, path):
    seen = ask(server, path, data="x" * 20000)
    assert (seen.method, len(seen.body)) == ("POST", 20000)


@pytest.mark.parametrize("kind", ["http", "h2c", "fcgi", "ajp"])
def test_a_backend_adds_headers_to_its_answer_and_remembers(server, backends, kind):
    backend = getattr(backends, kind)
    backend.response_headers = [("Vary", "Client-Cert")]
    assert server.curl(f"/{kind}/x", port="http").header("Vary") == "Client-Cert"
    backend.response_headers = []
    assert backend.last.method == "GET"


def test_hundreds_of_headers_arrive(server):
    many = [(f"X-{i}", "v" * 20) for i in range(90)]
    for path in ("/http/x", "/h2c/x", "/ajp/x"):
        seen = server.curl(path, port="http", headers=many).seen
        assert [seen.value(name) for name, _ in many] == ["v" * 20] * 90


def test_an_http_backend_tells_trailers(backends):
    with socket.create_connection(("127.0.0.1", backends.http.port), timeout=10) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n0\r\nX-After: all\r\n\r\n")
        seen = MessageReader(sock).response().seen
    assert (seen.body, seen.trailers) == ("data", [("X-After", "all")])
