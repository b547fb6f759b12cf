# SPDX-License-Identifier: Apache-2.0
"""ClientCertForward rfc9440: Client-Cert and Client-Cert-Chain as RFC 9440 writes them, byte by byte,
on resumed sessions as on new ones."""
import base64
import dataclasses
import functools
import ssl

import pytest
from harness.pki import openssl
from harness.structured_fields import byte_sequence, byte_sequences
from harness.tls import bare_context

SITE = """
    LimitRequestFieldSize 60000
    <VirtualHost *:${https}>
        %(site)s
        SSLVerifyClient optional_no_ca
    </VirtualHost>
    <VirtualHost *:${cached}>
        %(site)s
        SSLVerifyClient optional_no_ca
        SSLSessionTickets off
    </VirtualHost>
    <VirtualHost *:${ask}>
        %(site)s
        <LocationMatch "^/http/asked">
            SSLVerifyClient require
        </LocationMatch>
    </VirtualHost>
"""
PART = """
        LimitRequestFieldSize 60000
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyDepth 9
        ProxyPass /http/ ${backend}/
        ClientCertForward rfc9440
        <Location /http/none>
            ClientCertForward none
        </Location>
        <Location /http/none/again>
            ClientCertForward rfc9440
        </Location>
        Header set X-Resumed "expr=%{SSL_SESSION_RESUMED}"
"""


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SITE % {"site": PART}, modules="http2 headers proxy_http", ports="http https cached ask",
                     backend=backends.http.url)
    server.start()


@pytest.fixture(scope="module")
def issuing(pki):
    return pki.ca.intermediate("/CN=Middle CA").intermediate("/CN=Issuing CA")


@pytest.fixture(scope="module")
def carol(issuing):
    return issuing.client("/O=garex AG/CN=Carol")


@functools.cache
def der_of(path):
    return openssl("x509", "-in", path, "-outform", "DER")


def sending(credential, *certificates):
    """The same credential, whose client sends these certificates after its own."""
    path = credential.cert.with_name(f"sent{len(list(credential.cert.parent.iterdir()))}.pem")
    path.write_text("".join(file.read_text() for file in (credential.cert, *certificates)))
    return dataclasses.replace(credential, chain=path)


def check(seen, leaf, *chain):
    assert byte_sequence(seen.value("Client-Cert")) == leaf.der
    assert byte_sequences(seen.values("Client-Cert-Chain")) == [der_of(path) for path in chain]
    assert len(seen.values("Client-Cert-Chain")) == (1 if chain else 0)


def check_none(seen):
    assert seen.values("Client-Cert") == seen.values("Client-Cert-Chain") == []


# -- the fields --------------------------------------------------------------------------------

@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_leaf_and_the_intermediates_in_their_order(server, carol, issuing, version):
    with server.tls(made=bare_context(carol, version)) as connection:
        check(connection.get("/http/x").seen, carol, *issuing.intermediates())


def test_the_text_is_that_of_the_specification(server, carol, issuing):
    with server.tls(made=bare_context(carol)) as connection:
        seen = connection.get("/http/x").seen
    encoded = [f":{base64.b64encode(der).decode()}:" for der in (carol.der, *map(der_of, issuing.intermediates()))]
    assert seen.value("Client-Cert") == encoded[0]
    assert seen.value("Client-Cert-Chain") == ", ".join(encoded[1:])


def test_a_lone_certificate_has_no_chain(server, pki):
    with server.tls(made=bare_context(pki.alice)) as connection:
        check(connection.get("/http/x").seen, pki.alice)


def test_the_root_is_told_when_the_client_sent_it_and_not_otherwise(server, pki, carol, issuing):
    sent = [*issuing.intermediates(), pki.ca.cert]
    with server.tls(made=bare_context(sending(carol, *sent))) as connection:
        check(connection.get("/http/x").seen, carol, *sent)
    with server.tls(made=bare_context(sending(pki.alice, pki.ca.cert))) as connection:
        check(connection.get("/http/x").seen, pki.alice, pki.ca.cert)
    with server.tls(made=bare_context(carol)) as connection:
        check(connection.get("/http/x").seen, carol, *issuing.intermediates())


def test_certificates_stay_in_the_order_of_the_client_even_when_it_is_odd(server, pki, carol, issuing):
    near, far = issuing.intermediates()
    stranger = pki.authority("/CN=Not asked for").cert
    for sent in ([far, near], [stranger, near, far], [near, far, near], [near, carol.cert, far]):
        with server.tls(made=bare_context(sending(carol, *sent), "1.2")) as connection:
            check(connection.get("/http/x").seen, carol, *sent)


@pytest.mark.parametrize("key", ["rsa", "p384", "ed25519"])
def test_certificates_with_every_length_of_padding_are_read_back(server, pki, key):
    """The length of the encoding modulo three decides how base64 ends."""
    for name in ("a", "ab", "abc"):
        leaf = pki.ca.client(f"/CN={name}", key=key)
        with server.tls(made=bare_context(leaf)) as connection:
            check(connection.get("/http/x").seen, leaf)


def test_without_a_certificate_there_is_neither(server):
    check_none(server.curl("/http/x").seen)
    check_none(server.curl("/http/x", headers={"Client-Cert": ":YQ==:", "Client-Cert-Chain": ":YQ==:"}).seen)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_with_a_certificate_of_an_unknown_issuer_there_is_neither(server, pki, version):
    stranger = pki.authority("/CN=Stranger").intermediate().client()
    with server.tls(made=bare_context(stranger, version)) as connection:
        check_none(connection.get("/http/x").seen)
        with connection.resume() as again:
            check_none(again.get("/http/x").seen)


def test_none_in_an_inner_section_ends_it(server, carol, issuing):
    with server.tls(made=bare_context(carol)) as connection:
        check_none(connection.get("/http/none/x").seen)
        check(connection.get("/http/none/again/x").seen, carol, *issuing.intermediates())
        check(connection.get("/http/x").seen, carol, *issuing.intermediates())
        check_none(connection.get("/http/none/x", {"Client-Cert": "spoofed", "Client_Cert_Chain": "spoofed"}).seen)


# -- sessions ----------------------------------------------------------------------------------

@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("port", ["https", "cached"], ids=["ticket", "cache"])
def test_a_resumed_session_has_the_whole_chain(server, carol, issuing, port, version):
    with server.tls(port=port, made=bare_context(carol, version)) as first:
        check(first.get("/http/x").seen, carol, *issuing.intermediates())
        with first.resume() as second:
            response = second.get("/http/x")
            assert second.resumed and response.header("X-Resumed") == "Resumed"
            check(response.seen, carol, *issuing.intermediates())
            with second.resume() as third:
                check(third.get("/http/x").seen, carol, *issuing.intermediates())
                assert third.resumed
                check_none(third.get("/http/none/x").seen)


def test_a_session_cache_without_tickets_holds_the_chain(server, carol, issuing):
    """The client asks for no ticket: TLS 1.2 by session id."""
    made = bare_context(carol, "1.2")
    made.options |= ssl.OP_NO_TICKET
    with server.tls(made=made) as first:
        first.get("/http/x")
        with first.resume() as second:
            check(second.get("/http/x").seen, carol, *issuing.intermediates())
            assert second.resumed


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("port", ["https", "cached"], ids=["ticket", "cache"])
def test_a_resumed_session_over_http_2_has_the_whole_chain(server, carol, issuing, port, version):
    made = bare_context(carol, version, ["h2"])
    with server.h2(port=port, made=made) as first:
        check(first.get("/http/x").seen, carol, *issuing.intermediates())
        with server.h2(port=port, made=made, session=first.transport.socket.session) as second:
            for response in second.gather(["/http/x"] * 20):
                check(response.seen, carol, *issuing.intermediates())
            assert second.transport.resumed


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("port", ["https", "cached"], ids=["ticket", "cache"])
def test_a_chain_too_long_for_a_session_is_not_cut_off(server, pki, port, version):
    """mod_ssl's caches take no session of more than 10 KB: such a client does the whole handshake."""
    issuing = pki.ca
    for number in range(4):
        issuing = issuing.intermediate(f"/CN=CA {number}", extensions={"nsComment": "x" * 3000})
    leaf = issuing.client("/CN=Below")
    with server.tls(port=port, made=bare_context(leaf, version)) as first:
        check(first.get("/http/x").seen, leaf, *issuing.intermediates())
        with first.resume() as second:
            check(second.get("/http/x").seen, leaf, *issuing.intermediates())
    server.allow_log("AH01875: session is too big")


def test_sessions_of_before_a_graceful_restart_still_have_the_chain(server, carol, issuing):
    with server.tls(made=bare_context(carol, "1.3")) as first:
        first.get("/http/x")
        server.graceful()
        with first.resume() as second:
            check(second.get("/http/x").seen, carol, *issuing.intermediates())


# -- later certificates ------------------------------------------------------------------------

@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_certificate_that_is_asked_for_later_is_told_from_then_on(server, carol, issuing, version):
    with server.tls(port="ask", made=bare_context(carol, version)) as connection:
        check_none(connection.get("/http/x").seen)
        check(connection.get("/http/asked").seen, carol, *issuing.intermediates())
        check(connection.get("/http/x").seen, carol, *issuing.intermediates())
        check(connection.request("POST", "/http/asked", body=b"body").seen, carol, *issuing.intermediates())
