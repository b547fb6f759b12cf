# SPDX-License-Identifier: Apache-2.0
"""ClientCertFrom: a certificate that a trusted proxy sends in a header counts as one from TLS does, in
every format, over HTTP/1.1 and HTTP/2, with TLS and without."""
import re

import pytest
from harness.forwarded import CHAIN_FIELD, CHAINED, FIELD, FORMATS, NAMES, PASSED_THROUGH, armoured, base64_of
from harness.forwarded import byte_sequence, chain_of, envoy, escaped, fields, of
from harness.intake import GLOBAL, MODULES, WAYS, both, connect, host, nobody, who
from harness.pki import openssl

ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"
HOST = """
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCACertificateFile ${ca}
    ProxyPass /http/ ${backend}/
    ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT} by %{CLIENTCERT_SOURCE}"
    CustomLog logs/access "%{CLIENTCERT_SUBJECT}e %{CLIENTCERT_SOURCE}e"
    ScriptAlias /cgi-bin/ ${root}/cgi-bin/
    ClientCertEnv On
    <Location /fun>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_VERIFY} eq "SUCCESS"
    </Location>
    <Location /line>
        Require clientcert
    </Location>
"""


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    hosts = [both(kind, f"ClientCertFrom {kind}\n{HOST}") for kind in FORMATS]
    hosts += [host("first", "http", f"ClientCertFrom xfcc hop=first\n{HOST}"),
              host("last", "http", f"ClientCertFrom xfcc hop=last\n{HOST}"),
              *(host(f"{kind}-named", "http", f"ClientCertFrom {kind} header=X-Mine-{kind}\n{HOST}") for kind in FORMATS),
              host("ssl-client-cert", "http", f"ClientCertFrom nginx header=SSL_CLIENT_CERT\n{HOST}")]
    server.configure(GLOBAL + "".join(hosts), modules=f"{MODULES} proxy_http cgid alias", backend=backends.http.url)
    for page in ("fun", "line"):
        server.page(page)
    server.allow_log("AH01630", always=True)
    server.start()


def test_our_account_of_pem_is_that_of_openssl(pki):
    for credential in (pki.alice, pki.server):
        assert armoured(credential.der) == openssl("x509", "-in", credential.cert).decode()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_certificate_is_taken_in(server, pki, kind, way):
    with connect(server, way, kind) as connection:
        for credential, subject in [(pki.alice, ALICE), (pki.mallory, "CN=Mallory,O=Evil"), (pki.alice, ALICE)] * 2:
            assert who(connection.get(headers=of(kind, credential))) == ("SUCCESS", "none", kind, subject)
            assert nobody(connection.get())


@pytest.mark.parametrize("kind", FORMATS)
def test_rules_headers_variables_and_the_log_follow_it(server, pki, kind):
    with connect(server, "http/1.1", kind) as connection:
        for path, stranger in ("/fun", 403), ("/line", 200):
            assert connection.get(path, of(kind, pki.alice)).status == 200
            assert connection.get(path, of(kind, pki.mallory)).status == stranger
            assert connection.get(path).status == 403
        seen = connection.get("/http/x", of(kind, pki.alice)).seen
        assert seen.value("X-Client") == f"{ALICE} by {kind}"
        assert connection.get("/http/x").seen.value("X-Client") is None
        env = connection.get("/cgi-bin/seen", of(kind, pki.alice)).seen.env
        assert (env["CLIENTCERT_SUBJECT"], env["CLIENTCERT_SOURCE"]) == (ALICE, kind)
        assert env["CLIENTCERT_SERIAL"] == pki.alice.serial
    assert f"{ALICE} {kind}\n" in (server.root / "logs" / "access").read_text()
    stranger, *unknown = server.expect_log("CC0101", times=3)
    assert "verify=SUCCESS" in stranger and 'subject="CN=Mallory,O=Evil"' in stranger
    assert all("verify=NONE" in line for line in unknown)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_brought_it_goes_no_further(server, pki, kind):
    """The application behind is told by our headers; what came in is not passed on by itself."""
    with connect(server, "http/1.1", kind) as connection:
        for path in "/http/x", "/cgi-bin/seen":
            response = connection.get(path, of(kind, pki.alice))
            assert base64_of(pki.alice.der)[:60] not in response.text, path
            sent = {name.lower() for name, _ in of(kind, pki.alice)}
            assert not sent & {name.lower().removeprefix("http_").replace("_", "-") for name in response.seen.names()}


@pytest.mark.parametrize("kind", CHAINED)
def test_the_intermediates_come_along(server, pki, kind):
    issuing = pki.ca.intermediate("/CN=Middle").intermediate("/CN=Issuing")
    carol = issuing.client("/CN=Carol")
    data, near, far = chain_of(carol)
    with connect(server, "http/1.1", kind) as connection:
        for chain in [near, far], [far, near], [near, pki.server.der, far]:
            assert who(connection.get(headers=fields(kind, data, *chain))).subject == "CN=Carol"
        assert who(connection.get(headers=fields(kind, data, near)))[:2] == ("FAILED", "unknown-issuer")
        assert who(connection.get(headers=fields(kind, data)))[:2] == ("FAILED", "unknown-issuer")
    server.expect_log("CC0101", times=2)


# -- how the products write "no certificate", and the other ways in which they write one ---------------

@pytest.mark.parametrize("kind,value", [(kind, "") for kind in FORMATS] + [("haproxy", '""'), ("nginx", "(null)")])
def test_an_empty_value_is_no_certificate(server, kind, value):
    with connect(server, "http/1.1", kind) as connection:
        assert nobody(connection.get(headers=[(FIELD[kind], value)]))
        assert connection.get("/line", [(FIELD[kind], value)]).status == 403
    assert "verify=NONE" in server.expect_log("CC0101", times=1)[0]


def variants(data):
    """Format and value, of a certificate as products, or older versions of them, write it."""
    pem = armoured(data)
    return {
        "mod_headers": ("nginx", [(FIELD["nginx"], pem.replace("\n", " "))]),
        "mod_headers, trimmed": ("nginx", [(FIELD["nginx"], pem.strip().replace("\n", " "))]),
        "nginx, lower-case escapes": ("nginx", [(FIELD["nginx"], re.sub("%..", lambda m: m[0].lower(), escaped(pem)))]),
        "HAProxy with quotes": ("haproxy", [(FIELD["haproxy"], f'"{base64_of(data)}"')]),
        "AWS, all escaped": ("aws", [(FIELD["aws"], escaped(pem))]),
        "AWS, passed through": ("aws", [(PASSED_THROUGH, escaped(pem, "+=/"))]),
        "AWS, passed through, all escaped": ("aws", [(PASSED_THROUGH, escaped(pem))]),
        "Envoy, all keys": ("xfcc", [(FIELD["xfcc"], "By=spiffe://a/b;" + envoy(data)
                                      + r';Subject="CN=\"x\\,y\",O=a;b,c=d";URI=https://a/?b;DNS=a.b;DNS=c.d')]),
        "Envoy, keys in another case": ("xfcc", [(FIELD["xfcc"], envoy(data).replace("Cert=", "CERT="))]),
        "Envoy, an empty subject": ("xfcc", [(FIELD["xfcc"], envoy(data) + ';Subject=""')]),
        "Envoy, the chain alone": ("xfcc", [(FIELD["xfcc"], f'Chain="{escaped(pem)}"')]),
        "an empty chain": ("rfc9440", [(FIELD["rfc9440"], byte_sequence(data)), (CHAIN_FIELD, "")]),
        "blanks around it": ("rfc9440", [(FIELD["rfc9440"], f"  {byte_sequence(data)} ")]),
    }


@pytest.mark.parametrize("variant", variants(b""))
def test_a_certificate_in_another_spelling(server, pki, variant):
    kind, headers = variants(pki.alice.der)[variant]
    with connect(server, "http/1.1", kind) as connection:
        assert who(connection.get(headers=headers)) == ("SUCCESS", "none", kind, ALICE)


def test_a_chain_over_several_lines(server, pki):
    carol = pki.ca.intermediate("/CN=Middle").intermediate("/CN=Issuing").client("/CN=Carol")
    data, near, far = map(byte_sequence, chain_of(carol))
    with connect(server, "http/1.1", "rfc9440") as connection:
        assert who(connection.get(headers=[(FIELD["rfc9440"], data), (CHAIN_FIELD, near), (CHAIN_FIELD, far)])) \
            == ("SUCCESS", "none", "rfc9440", "CN=Carol")


def test_which_hop_counts(server, pki):
    two = [(FIELD["xfcc"], f"{envoy(pki.alice.der)},By=spiffe://a;{envoy(pki.mallory.der)}")]
    lines = [(FIELD["xfcc"], envoy(pki.alice.der)), (FIELD["xfcc"], envoy(pki.mallory.der))]
    for name, expected in ("xfcc", "CN=Mallory,O=Evil"), ("last", "CN=Mallory,O=Evil"), ("first", ALICE):
        with connect(server, "http/1.1", name) as connection:
            for headers in two, lines:
                assert who(connection.get(headers=headers)) == ("SUCCESS", "none", "xfcc", expected)


def test_a_hop_without_a_certificate_does_not_lend_another_ones(server, pki):
    """The last proxy saw no certificate: whom the first one saw is not its client."""
    hop = "By=spiffe://a;URI=spiffe://b"
    for name, value in ("last", f"{envoy(pki.alice.der)},{hop}"), ("first", f"{hop},{envoy(pki.alice.der)}"):
        with connect(server, "http/1.1", name) as connection:
            response = connection.get(headers=[(FIELD["xfcc"], value)])
            assert response.status == 400 or nobody(response)
    server.allow_log("CC0210")


# -- another name -------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", FORMATS)
def test_the_field_can_have_another_name_and_then_no_other_counts(server, pki, kind):
    usual = fields(kind, pki.alice.der)
    renamed = [(f"x-mine-{kind}", value) for _, value in usual]
    with connect(server, "http/1.1", f"{kind}-named") as connection:
        assert who(connection.get(headers=renamed)) == ("SUCCESS", "none", kind, ALICE)
        assert nobody(connection.get(headers=usual))
        assert who(connection.get(headers=[*fields(kind, pki.mallory.der), *renamed])).subject == ALICE
        seen = connection.get("/http/x", [*fields(kind, pki.mallory.der), *renamed]).seen
        assert not {name.lower() for name in (*NAMES, f"X-Mine-{kind}")} & set(seen.names())


def test_a_name_with_underscores(server, pki):
    """As Apache's own examples write it: RequestHeader set SSL_CLIENT_CERT "%{SSL_CLIENT_CERT}s"."""
    value = armoured(pki.alice.der).replace("\n", " ")
    with connect(server, "http/1.1", "ssl-client-cert") as connection:
        assert who(connection.get(headers=[("SSL_CLIENT_CERT", value)])).subject == ALICE
        assert nobody(connection.get(headers=[("SSL-CLIENT-CERT", value), ("Ssl.Client.Cert", value)]))


# -- sizes --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", FORMATS)
def test_a_certificate_of_20_kilobytes(server, pki, kind):
    large = pki.ca.client("/CN=Large", extensions={"nsComment": "x" * 20000})
    assert len(large.der) > 20000
    for way in "http/1.1", "h2":
        with connect(server, way, kind) as connection:
            assert who(connection.get(headers=of(kind, large))) == ("SUCCESS", "none", kind, "CN=Large")
            assert who(connection.get(headers=of(kind, pki.alice))).subject == ALICE


@pytest.mark.parametrize("key", ["rsa", "p384", "ed25519"])
def test_keys_of_every_kind_and_every_length_of_padding(server, pki, key):
    for name in "a", "ab", "abc":
        leaf = pki.ca.client(f"/CN={name}", key=key)
        for kind in FORMATS:
            with connect(server, "http/1.1", kind) as connection:
                assert who(connection.get(headers=of(kind, leaf))).subject == f"CN={name}"
