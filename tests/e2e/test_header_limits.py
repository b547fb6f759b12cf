# SPDX-License-Identifier: Apache-2.0
"""A header that the server would not take itself is an error, never a shorter one; and no octet of a
certificate or of a request can end one header and begin another."""
import re

import pytest
from harness import der
from harness.gateways import PATHS, Gateways, arrived

SITE = """
    <VirtualHost *:${https}>
        LimitRequestFieldSize 600
        %(common)s
        ClientCertHeader X-PEM "%%{SSL_CLIENT_CERT}"
        <LocationMatch "^/(long/|filled/|index)">
            ClientCertHeader X-PEM unset
        </LocationMatch>
        <LocationMatch "^/long/">
            ClientCertForward rfc9440
        </LocationMatch>
        <LocationMatch "^/filled/">
            ClientCertHeader X-Long "%%{req:X-Fill}%%{req:X-Fill}"
        </LocationMatch>
        <LocationMatch "^/(?!long|filled)">
            ErrorDocument 500 /http/error
        </LocationMatch>
    </VirtualHost>
    <VirtualHost *:${few}>
        LimitRequestFields 12
        %(common)s
        ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
        ClientCertHeader X-Client-Serial "%%{SSL_CLIENT_M_SERIAL}"
    </VirtualHost>
    <VirtualHost *:${many}>
        LimitRequestFields 0
        %(common)s
        ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
    </VirtualHost>
    <VirtualHost *:${odd}>
        %(common)s
        ClientCertHeader X-A "%%{SSL_CLIENT_S_DN}"
        ClientCertHeader X-B "%%{SSL_CLIENT_S_DN_CN}"
        ClientCertHeader X-C "%%{SSL_CLIENT_S_DN_O}"
        ClientCertHeader X-D "%%{CLIENTCERT_SUBJECT}"
        ClientCertHeader X-E "%%{CLIENTCERT_SAN_EMAIL}"
        ClientCertHeader X-F "%%{CLIENTCERT_SAN_URI}"
        ClientCertHeader X-G "%%{CLIENTCERT_SAN_DNS}"
        ClientCertHeader X-H "%%{SSL_CLIENT_S_DN_CN_RAW}"
        ClientCertHeader X-I "%%{SSL_CLIENT_SAN_Email_0}"
        <Location /http/unescaped>
            ClientCertHeader X-A "%%{unescape:%%{req:X-Odd}}"
        </Location>
        <Location /http/decoded>
            ClientCertHeader X-A "%%{unbase64:%%{req:X-Odd}}"
        </Location>
        <Location /http/written>
            ClientCertHeader X-A "%%{unescape:a%%0d%%0aX-Admin: yes}"
        </Location>
    </VirtualHost>
"""
COMMON = """
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        %s
"""


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    common = COMMON % "\n".join(gateways.configuration(prefix) for prefix in ("", "/long", "/filled"))
    server.configure(SITE % {"common": common}, modules=f"http2 include {Gateways.MODULES}",
                     ports="http https few many odd")
    server.start()


# -- limits ------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", PATHS + ("/long/http/x", "/long/fcgi/x", "/long/cgi-bin/seen"))
def test_a_header_that_is_too_large_is_an_error_and_reaches_nobody(server, pki, gateways, path):
    before = gateways.count()
    with server.tls(pki.alice) as connection:
        response = connection.get(path)
        assert response.status == 500
        assert "BEGIN CERTIFICATE" not in response.text and "MII" not in response.text
    assert gateways.count() == before
    line = server.expect_log("CC0111")
    assert "LimitRequestFieldSize" in line and "600" in line
    assert ("Client-Cert" if path.startswith("/long") else "X-PEM") in line


def test_a_header_that_is_too_large_is_an_error_over_http_2(server, pki, gateways):
    before = gateways.count()
    with server.h2(pki.alice) as connection:
        assert [response.status for response in connection.gather(PATHS)] == [500] * len(PATHS)
    assert gateways.count() == before
    server.expect_log("CC0111")


def test_those_who_have_no_such_header_are_served(server, pki):
    assert server.curl("/http/x").seen.values("X-PEM") == []
    assert server.status("/index.html", cert=pki.alice) == 200


def test_the_limit_itself_is_allowed_and_one_octet_more_is_not(server, gateways):
    """`X-Long: ` and twice the filling make 600 octets."""
    with server.tls() as connection:
        seen = connection.get("/filled/http/x", {"X-Fill": "f" * 296}).seen
        assert seen.value("X-Long") == "f" * 592
        before = gateways.count()
        assert connection.get("/filled/http/x", {"X-Fill": "f" * 297}).status == 500
    assert gateways.count() == before
    server.expect_log("CC0111")


def fields(count):
    return [(f"X-{number}", "v") for number in range(count)]


@pytest.mark.parametrize("path", PATHS)
def test_too_many_headers_are_an_error_and_reach_nobody(server, pki, gateways, path):
    before = gateways.count()
    for count in (10, 11):  # with Host and ours 13 and 14
        with server.tls(pki.alice, port="few") as connection:
            assert connection.get(path, fields(count)).status == 500
    assert gateways.count() == before
    lines = server.expect_log("CC0111", times=2)
    assert all("LimitRequestFields (12)" in line for line in lines)


@pytest.mark.parametrize("path", PATHS)
def test_as_many_headers_as_the_limit_allows_reach_the_application(server, pki, path):
    """What httpd itself adds on the way to a backend (X-Forwarded-For...) does not count."""
    with server.tls(pki.alice, port="few") as connection:
        seen = connection.get(path, fields(9)).seen  # with Host and ours 12
    assert arrived(seen, "X-8") == ["v"]
    assert arrived(seen, "X-Client-DN") == ["CN=Alice,OU=Fun dept.,O=garex AG"]
    assert arrived(seen, "X-Client-Serial") == [pki.alice.serial]


@pytest.mark.parametrize("path", PATHS)
def test_a_client_cannot_fill_the_limit_to_have_ours_removed(server, pki, path):
    with server.tls(pki.alice, port="few") as connection:
        for count in range(3, 9):
            headers = [("Connection", "keep-alive, X-Client-DN, X-Client-Serial"), *fields(count)]
            seen = connection.get(path, headers).seen
            assert arrived(seen, "X-Client-DN") == ["CN=Alice,OU=Fun dept.,O=garex AG"], count
            assert arrived(seen, "X-Client-Serial") == [pki.alice.serial], count


def test_where_any_number_of_headers_is_allowed_ours_come_along(server, pki):
    with server.tls(pki.alice, port="many") as connection:
        seen = connection.get("/http/x", fields(400)).seen
    assert seen.value("X-399") == "v"
    assert seen.value("X-Client-DN") == "CN=Alice,OU=Fun dept.,O=garex AG"


# -- control characters ------------------------------------------------------------------------

SPLIT = b"a\r\nX-Admin: yes\r\n\r\nGET /admin HTTP/1.1\r\n"
ODD = {"CR and LF": SPLIT, "LF": b"a\nX-Admin: yes", "CR": b"a\rX-Admin: yes", "NUL": b"a\0X-Admin: yes",
       "a folded line": b"a\r\n X-Admin: yes", "control characters": bytes(range(1, 32)) + b"\x7fX-Admin: yes",
       "only LF": b"\n", "C1 and line separators": "\u0085\u2028\u2029X-Admin: yes".encode()}


def check_whole(server, gateways, ask):
    """Not a header more, and no control character in any; else the server's own refusal."""
    before = gateways.count()
    response = ask()
    if response.status in (403, 500):
        assert gateways.count() == before
        server.expect_log("CC0001|CC0101")
        return
    seen = response.seen
    assert not [name for name in (*seen.names(), *seen.env) if name.lower().endswith(("x-admin", "x_admin"))]
    assert not [pair for pair in (*seen.headers, *seen.env.items()) if re.search("[\x00-\x08\x0a-\x1f\x7f]", pair[1])]
    assert gateways.count() - before <= 1


@pytest.mark.parametrize("string", ["UTF8", "T61"])
@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_no_octet_of_a_name_makes_a_header(server, pki, gateways, value, string):
    odd = pki.ca.client(der.name(("O", "garex AG"), ("CN", value, string)))
    for path in ("/http/x", "/fcgi/x", "/cgi-bin/seen"):
        check_whole(server, gateways, lambda: server.curl(path, cert=odd, port="odd"))


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_no_octet_of_a_bmp_string_makes_a_header(server, pki, gateways, value):
    odd = pki.ca.client(der.name(("O", "garex AG"), ("CN", value.decode("utf-8"), "BMP")))
    check_whole(server, gateways, lambda: server.curl("/http/x", cert=odd, port="odd"))


@pytest.mark.parametrize("tag", [0x81, 0x82, 0x86], ids=["email", "dns", "uri"])
@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_no_octet_of_an_alternative_name_makes_a_header(server, pki, gateways, value, tag):
    names = der.tlv(der.SEQUENCE, der.tlv(tag, value)).hex(":")
    odd = pki.ca.client(extensions={"subjectAltName": f"DER:{names}"})
    check_whole(server, gateways, lambda: server.curl("/http/x", cert=odd, port="odd"))


@pytest.mark.parametrize("text", ["a%0d%0aX-Admin: yes", "a%0aX-Admin: yes", "a%0dX-Admin: yes", "a%00X-Admin: yes",
                                  "%0d%0a%0d%0aGET /admin HTTP/1.1", "a%01b%7f", "%0a"])
def test_no_octet_that_a_format_unescapes_makes_a_header(server, pki, gateways, text):
    check_whole(server, gateways, lambda: server.curl("/http/unescaped", cert=pki.alice, port="odd",
                                                      headers={"X-Odd": text}))


@pytest.mark.parametrize("text", ["YQ0KWC1BZG1pbjogeWVz", "YQpYLUFkbWluOiB5ZXM=", "YQBYLUFkbWluOiB5ZXM=", "DQo="])
def test_no_octet_that_a_format_decodes_makes_a_header(server, pki, gateways, text):
    check_whole(server, gateways, lambda: server.curl("/http/decoded", cert=pki.alice, port="odd",
                                                      headers={"X-Odd": text}))


def test_no_octet_that_the_configuration_writes_makes_a_header(server, pki, gateways):
    check_whole(server, gateways, lambda: server.curl("/http/written", cert=pki.alice, port="odd"))
