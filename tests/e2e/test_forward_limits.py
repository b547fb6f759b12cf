# SPDX-License-Identifier: Apache-2.0
"""ClientCertForward where it is hard: certificates that are larger than a header may be, names that want to pass for
something else, several formats at once."""
import re
from urllib.parse import unquote_plus

import pytest
from harness.forwarded import FIELD, base64_of
from harness.odd_names import NAMES as ODD, issue
from harness.products import PRODUCTS, expected
from harness.tls import bare_context

LIMIT = 8190
HOST = """
    <VirtualHost *:${https}>
        ServerName %(name)s.example.org
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 9
        LimitRequestFieldSize %(size)d
        %(lines)s
    </VirtualHost>
"""
LOCATION = "ProxyPass /{0}/{1}/ ${{backend}}/\n<Location /{0}/{1}/>\nClientCertForward {0} {2}\n</Location>\n"
# The field that has the certificate, and another one where there is any.
LARGE = {**FIELD, "f5": "SSLClientCert", "elb": "X-Forwarded-Clientcert", "webmux": "X-WebMux-SSL-Client"}
SMALL = {"nginx": "X-SSL-Client-Verify", "haproxy": "X-SSL-Client-SHA1", "aws": "X-Amzn-Mtls-Clientcert-Serial-Number",
         "f5": "SSLClientCertStatus", "elb": "X-Forwarded-Clientcert-fingerprint", "webmux": "X-WebMux-SSL-Client-Verify"}


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    lines = "".join(LOCATION.format(kind, how, {"plain": "", "fail": "oversize=fail", "omit": "oversize=omit"}[how])
                    for kind in PRODUCTS for how in ("plain", "fail", "omit"))
    lines += ("ProxyPass /all/ ${backend}/\n<Location /all/>\n"
              "ClientCertForward rfc9440 xfcc nginx traefik aws f5 elb webmux\n</Location>\n"
              "ProxyPass /inner/ ${backend}/\n<Location /inner/>\nClientCertForward nginx oversize=omit\n</Location>\n"
              "<Location /inner/strict/>\nClientCertForward nginx\n</Location>\n")
    server.configure("LimitRequestFieldSize 100000\n" + HOST % {"name": "small", "size": LIMIT, "lines": lines}
                     + HOST % {"name": "large", "size": 100000, "lines": lines},
                     modules="proxy_http http2", backend=backends.http.url, ports="https")
    server.allow_log("AH01875", always=True)  # mod_ssl's cache takes no session with so large a certificate
    server.start()


@pytest.fixture(scope="module")
def large(pki):
    """Of a server farm: some hundred names."""
    return pki.ca.client("/CN=Large", san=[f"DNS:host-{number}.farm.example.org" for number in range(400)])


@pytest.fixture(scope="module")
def huge(pki):
    return pki.ca.client("/CN=Huge", san=[f"DNS:host-{number}.farm.example.org" for number in range(900)])


def open_to(server, credential, name="small", protocol="http/1.1"):
    way = server.h2 if protocol == "h2" else server.tls
    return way(made=bare_context(credential, alpn=[protocol]), host=f"{name}.example.org")


# -- too large --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
@pytest.mark.parametrize("kind", PRODUCTS)
def test_a_header_that_is_too_large_is_an_error(server, pki, large, kind, protocol):
    for how in "plain", "fail":
        with open_to(server, large, protocol=protocol) as connection:
            assert connection.get(f"/{kind}/{how}/x").status == 500
        with open_to(server, pki.alice, protocol=protocol) as connection:
            assert connection.get(f"/{kind}/{how}/x").seen.value(LARGE[kind])
    for line in server.expect_log("CC0111", times=2):
        assert ":error]" in line and LARGE[kind].lower() in line.lower()


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
@pytest.mark.parametrize("kind", PRODUCTS)
def test_omit_leaves_it_out_and_goes_on(server, pki, large, kind, protocol):
    spoofed = [(LARGE[kind], "spoofed"), (LARGE[kind].replace("-", "_"), "spoofed")]
    with open_to(server, large, protocol=protocol) as connection:
        for _ in range(2):
            seen = connection.get(f"/{kind}/omit/x", spoofed).seen
            assert not any(LARGE[kind].lower() == name.replace("_", "-") for name in seen.names())
            if kind in SMALL:
                assert seen.value(SMALL[kind]) == expected(kind, large)[SMALL[kind]]
    with open_to(server, pki.alice, protocol=protocol) as connection:
        assert connection.get(f"/{kind}/omit/x").seen.value(LARGE[kind]) == expected(kind, pki.alice)[LARGE[kind]]
    line = server.expect_log("CC0112")
    assert ":warn]" in line and LARGE[kind].lower() in line.lower()


@pytest.mark.parametrize("kind", PRODUCTS)
def test_where_there_is_room_it_is_sent_whole(server, large, huge, kind):
    for credential in large, huge:
        with open_to(server, credential, "large") as connection:
            seen = connection.get(f"/{kind}/plain/x").seen
            assert {name.lower(): seen.value(name) for name in expected(kind, credential)} \
                == {name.lower(): value for name, value in expected(kind, credential).items()}


def test_no_chain_without_its_certificate(server, pki):
    """RFC 9440, 2.3: Client-Cert-Chain must not appear alone. The chain may be what is left out."""
    issuing = pki.ca.intermediate("/CN=Issuing")
    leaf = issuing.client("/CN=Leaf", extensions={"nsComment": "x" * 7000})
    with open_to(server, leaf) as connection:
        seen = connection.get("/rfc9440/omit/x").seen
        assert seen.values("Client-Cert") == seen.values("Client-Cert-Chain") == []
    wide = pki.ca.intermediate("/CN=Wide", extensions={"nsComment": "x" * 7000}).client("/CN=Narrow")
    with open_to(server, wide) as connection:
        seen = connection.get("/rfc9440/omit/x").seen
        assert seen.value("Client-Cert") == expected("rfc9440", wide)["Client-Cert"]
        assert seen.values("Client-Cert-Chain") == []
    server.expect_log("CC0112")


def test_an_inner_section_decides_anew(server, large):
    with open_to(server, large) as connection:
        assert connection.get("/inner/x").seen.value("X-SSL-Client-Verify") == "SUCCESS"
        assert connection.get("/inner/strict/x").status == 500
    server.expect_log("CC0112")
    server.expect_log("CC0111", times=1)


# -- several at once --------------------------------------------------------------------------------------

def test_several_formats_on_one_line(server, pki):
    with open_to(server, pki.alice) as connection:
        seen = connection.get("/all/x").seen
        for kind in "rfc9440", "xfcc", "nginx", "traefik", "aws", "f5", "elb", "webmux":
            for name, value in expected(kind, pki.alice).items():
                assert seen.value(name) == value


# -- names ------------------------------------------------------------------------------------------------

PREFIXES = ("client-cert", "x-ssl", "x-forwarded-c", "x-forwarded-tls", "x-amzn", "ssl", "x-webmux")
WEBMUX = r'(?:[a-zA-Z-]+="(?:[^"\\]|\\["\\])*"; )*certificate="[A-Za-z0-9+/=]+"'
TRAEFIK = r'(?:(?:Subject|Issuer|SerialNumber|NB|NA|SAN)="[^"]*"(?:;|$))*'


@pytest.mark.parametrize("name", ["separators", "control characters", "NUL", "backslashes", "percent signs", "UTF-8",
                                  "leading characters", "trailing spaces", "T61String", "very long values",
                                  "nothing at all"])
def test_a_name_stays_in_its_field(server, pki, name):
    odd = issue(pki, f"odd-{name.replace(' ', '-')}", ODD[name], pki.ca, number=4711)
    with open_to(server, odd, "large") as connection:
        for kind in PRODUCTS:
            seen = connection.get(f"/{kind}/plain/x").seen
            ours = {key: value for key, value in seen.headers if key.lower().startswith(PREFIXES)}
            for value in ours.values():
                assert not re.search(r"[\x00-\x1f\x7f]", value), (kind, value)
            sent = {key.lower() for key in ours}
            assert LARGE[kind].lower() in sent
            assert len(sent) == len([one for one in seen.names() if one in sent]), "a field was sent twice"
            if kind == "webmux":
                assert re.fullmatch(WEBMUX, seen.value("X-WebMux-SSL-Client")), seen.value("X-WebMux-SSL-Client")
                assert seen.value("X-WebMux-SSL-Client").count('certificate="') - 1 == \
                    seen.value("X-WebMux-SSL-Client").count('certificate=\\"')
            if kind == "traefik":
                info = unquote_plus(seen.value("X-Forwarded-Tls-Client-Cert-Info"))
                assert re.fullmatch(TRAEFIK, info) and info.count("Subject=") <= 1, info
            if kind == "xfcc":
                value = seen.value("X-Forwarded-Client-Cert")
                assert re.fullmatch(r'Hash=\w{64};Cert="[^"]*";Subject="(?:[^"\\]|\\.)*"', value), value


@pytest.mark.parametrize("kind", PRODUCTS)
def test_values_that_would_pass_for_others(server, pki, kind):
    """Subject alternative names with all that divides fields; a line break ends no header."""
    san = ['email:a"b,c;d=e@example.org', "URI:https://example.org/%22,Hash=0;Cert=%22", 'URI:x";Cert="y', 'DNS:a",DNS=b']
    odd = pki.ca.client('/O=a",Issuer="b/CN=x;y=z', san=san)
    with open_to(server, odd, "large") as connection:
        seen = connection.get(f"/{kind}/plain/x").seen
    if kind == "traefik":
        info = unquote_plus(seen.value("X-Forwarded-Tls-Client-Cert-Info"))
        assert re.fullmatch(TRAEFIK, info) and info.count('Issuer="') == 1 and info.count('SAN="') == 1
    if kind == "webmux":
        line = seen.value("X-WebMux-SSL-Client")
        assert re.fullmatch(WEBMUX, line) and len(re.findall(r'(?:^|; )issuer="', line)) == 1
    if kind == "xfcc":
        element = r'Hash=\w{64};Cert="[^"]*";Subject="(?:[^"\\]|\\.)*"(?:;(?:URI|DNS)=(?:"(?:[^"\\]|\\.)*"|[^",;=\\]+))*'
        assert re.fullmatch(element, seen.value("X-Forwarded-Client-Cert")), seen.value("X-Forwarded-Client-Cert")
    assert base64_of(odd.der) in (seen.value(LARGE[kind]) or "").replace("%2B", "+").replace("%2F", "/").replace(
        "%3D", "=").replace("%0A", "").replace("   ", "")
