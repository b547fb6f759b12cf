# SPDX-License-Identifier: Apache-2.0
"""ClientCertForward: what each format sends, octet by octet, beside what openssl prints of the same certificate."""
import base64

import pytest
from harness.forwarded import base64_of
from harness.pki import openssl
from harness.products import PRODUCTS, expected
from harness.tls import bare_context

SITE = """
    <VirtualHost *:${https}>
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        SSLVerifyDepth 5
        %s
    </VirtualHost>
    <VirtualHost *:${http}>
        %s
    </VirtualHost>
"""
LOCATION = "ProxyPass /{0}/ ${{backend}}/\n<Location /{0}/>\nClientCertForward {0}\n</Location>"


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    locations = "\n".join(map(LOCATION.format, PRODUCTS))
    server.configure(SITE % (locations, locations), modules="proxy_http http2", backend=backends.http.url)
    server.start()


@pytest.fixture(scope="module")
def people(pki):
    issuing = pki.ca.intermediate("/O=Test/OU=Below/CN=Issuing CA")
    many = ["email:a@example.org", "DNS:a.example.org", "URI:https://example.org/?a=1", "IP:192.0.2.7", "DNS:b.example.org",
            "email:b@example.org"]
    return {
        "alice": pki.alice,
        "rsa": pki.ca.client("/C=DE/ST=B/L=Berlin/O=garex AG/OU=A/OU=B/CN=Bob", key="rsa", san=many,
                             serial="F1B4000000000000A0"),
        "below": issuing.client("/CN=Carol", key="p384", serial="7F"),
        "bare": pki.ca.client("/CN=x", key="ed25519", serial="01"),
    }


def names_of(kind, credential):
    return {"client-cert-chain", *(name.lower() for name in expected(kind, credential))}


def sent(seen, names):
    found = {name: seen.value(name) for name in seen.names() if name in names}
    return {name: value for name, value in found.items() if value is not None}


def lower(pairs):
    return {name.lower(): value for name, value in pairs.items()}


# -- what arrives ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("who", ["alice", "rsa", "below", "bare"])
@pytest.mark.parametrize("kind", PRODUCTS)
def test_every_field_as_the_product_writes_it(server, people, kind, who):
    credential = people[who]
    for way, protocol in (server.tls, "http/1.1"), (server.h2, "h2"):
        with way(made=bare_context(credential, alpn=[protocol])) as connection:
            for _ in range(2):
                seen = connection.get(f"/{kind}/x").seen
                assert sent(seen, names_of(kind, credential)) == lower(expected(kind, credential))


NONE = {
    "nginx": {"X-SSL-Client-Verify": "NONE"}, "haproxy": {"X-SSL": "1", "X-SSL-Client-Verify": "0"},
    "f5": {"SSLClientCertStatus": "NoClientCert"}, "elb": {"X-Forwarded-Clientcert-clientverify": "NONE"},
    "webmux": {"X-WebMux-SSL-termination": "true", "X-WebMux-SSL-Client": "NO CLIENT CERTIFICATE",
               "X-WebMux-SSL-Client-Verify": "NONE"}}


def spoofed(kind, credential):
    """What somebody would send who wants to be that one, in several spellings."""
    pairs = list(expected(kind, credential).items())
    return [*pairs, *((name.replace("-", "_"), value) for name, value in pairs),
            *((name.upper().replace("-", "."), value) for name, value in pairs)]


@pytest.mark.parametrize("kind", PRODUCTS)
def test_without_a_certificate(server, people, kind):
    with server.tls() as connection:
        for headers in [], spoofed(kind, people["rsa"]):
            seen = connection.get(f"/{kind}/x", headers).seen
            assert sent(seen, names_of(kind, people["rsa"])) == lower(NONE.get(kind, {}))
            assert base64_of(people["rsa"].der)[:50] not in str(seen.headers)


@pytest.mark.parametrize("kind", PRODUCTS)
def test_without_tls(server, people, kind):
    wanted = {**NONE.get(kind, {}), **({"X-SSL": "0"} if kind == "haproxy" else {})}
    wanted.pop("X-WebMux-SSL-termination", None)
    for headers in [], spoofed(kind, people["rsa"]):
        seen = server.curl(f"/{kind}/x", port="http", headers=headers).seen
        assert sent(seen, names_of(kind, people["rsa"])) == lower(wanted)
        assert base64_of(people["rsa"].der)[:50] not in str(seen.headers)


BAD = {
    "nginx": ("X-SSL-Client-Verify", "FAILED:unable to get local issuer certificate", "FAILED:certificate has expired"),
    "haproxy": ("X-SSL-Client-Verify", "20", "10"),
    "f5": ("SSLClientCertStatus", "unable to get local issuer certificate", "certificate has expired"),
    "elb": ("X-Forwarded-Clientcert-clientverify", "FAILED:unable to get local issuer certificate",
            "FAILED:certificate has expired"),
    "webmux": ("X-WebMux-SSL-Client-Verify", "FAILED:unknown-issuer", "FAILED:expired")}


@pytest.mark.parametrize("kind", PRODUCTS)
def test_a_bad_certificate_is_told_of_and_not_told(server, pki, people, kind):
    """Its issuer is unknown; mod_ssl lets it pass (optional_no_ca)."""
    stranger = pki.authority("/CN=Stranger").client("/CN=Eve")
    with server.tls(stranger) as connection:
        for headers in [], spoofed(kind, people["rsa"]):
            seen = connection.get(f"/{kind}/x", headers).seen
            found = sent(seen, names_of(kind, people["rsa"]))
            name, unknown, _ = BAD.get(kind, (None, None, None))
            wanted = lower({**NONE.get(kind, {}), **({name: unknown} if name else {})})
            assert found == wanted
            for data in stranger.der, people["rsa"].der:
                assert base64_of(data)[:50] not in str(seen.headers)


@pytest.mark.parametrize("kind", PRODUCTS)
def test_several_people_on_several_connections(server, people, kind):
    alice, bob = (bare_context(people[who]) for who in ("alice", "rsa"))
    with server.tls(made=alice) as one, server.tls(made=bob) as two, server.tls() as three:
        for _ in range(2):
            for connection, credential in (one, people["alice"]), (two, people["rsa"]):
                seen = connection.get(f"/{kind}/x", spoofed(kind, people["bare"])).seen
                assert sent(seen, names_of(kind, credential)) == lower(expected(kind, credential))
            assert sent(three.get(f"/{kind}/x").seen, names_of(kind, people["rsa"])) == lower(NONE.get(kind, {}))


def test_the_certificate_in_each_is_the_certificate(people):
    """This test's own account, read back by openssl."""
    data = people["rsa"].der
    assert base64.b64decode(expected("haproxy", people["rsa"])["X-SSL-CERT"].strip('"')) == data
    pem = expected("f5", people["rsa"])["SSLClientCert"].replace("   ", "\n")
    assert openssl("x509", "-outform", "DER", data=pem.encode()) == data
