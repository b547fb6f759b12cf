# SPDX-License-Identifier: Apache-2.0
"""Users behind a proxy share its connections: whose certificate comes with a request, his the request is. A revoked
one is refused at once; the others, and the connection, go on."""
import time

import pytest
from harness.crls import crl, folder, pem, publish
from harness.forwarded import CHAINED, FORMATS, of
from harness.intake import GLOBAL, MODULES, WAYS, connect, host, who
from harness.waiting import wait_until

HOST = """
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCACertificateFile ${ca}
    ClientCertCRL ${crl}
    H2MaxSessionStreams 200
    ProxyPass /seen ${backend}/seen
    ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT}"
    ClientCertForward rfc9440
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Location>
"""
ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"


@pytest.fixture(scope="module")
def file(server, pki):
    return publish(folder(server) / "ca.crl", crl(pki.ca))


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, file, backends):
    hosts = [host(kind, port, f"ClientCertFrom {kind}\n{HOST}") for kind in FORMATS for port in ("http", "https")]
    hosts.append(host("report", "http", f"ClientCertFrom nginx\nClientCertVerify report\n{HOST}"))
    server.configure(GLOBAL + "".join(hosts), modules=f"{MODULES} proxy_http", crl=file, backend=backends.http.url)
    server.page("rule")
    server.start()
    with connect(server, "http/1.1", "nginx") as connection:
        wait_until(lambda: connection.get(headers=of("nginx", pki.alice)).status != 503, "still 503")


@pytest.fixture
def bob(pki):
    return pki.ca.client("/O=garex AG/CN=Bob")


@pytest.fixture(autouse=True)
def clean(server, pki, file):
    """Each test has its own Bob, who is not yet revoked."""
    publish(file, crl(pki.ca))


def refused(server, connection, headers, **options):
    """Waits until that user is refused on a connection that is open."""
    server.allow_log("CC0101: .*reason=revoked")
    wait_until(lambda: connection.get(headers=headers, **options).status == 403, "nobody refused him")
    for _ in range(3):
        response = connection.get(headers=headers, **options)
        assert response.status == 403 and who(response)[:2] == ("FAILED", "revoked")


@pytest.mark.parametrize("kind,way", [*((kind, "http/1.1") for kind in FORMATS), *(("nginx", way) for way in WAYS[1:])])
def test_a_revoked_user_is_refused_and_the_others_go_on(server, pki, bob, file, kind, way):
    with connect(server, way, kind) as connection:
        alices, bobs = of(kind, pki.alice), of(kind, bob)
        assert [connection.get(headers=headers).status for headers in (bobs, alices, bobs, [])] == [200] * 4
        publish(file, crl(pki.ca, [bob]))
        refused(server, connection, bobs)
        for headers, status in (alices, 200), (bobs, 403), ([], 200), (alices, 200), (bobs, 403):
            assert connection.get(headers=headers).status == status
        assert who(connection.get(headers=alices)).subject == ALICE
    assert not server.log_lines("CC0206"), "a connection was closed"


def test_the_proxys_idle_connection_stays_open(server, pki, bob, file):
    with connect(server, "http/1.1", "nginx") as idle, connect(server, "http/1.1", "nginx") as other:
        assert idle.get(headers=of("nginx", bob)).status == 200
        publish(file, crl(pki.ca, [bob]))
        refused(server, other, of("nginx", bob))
        began = time.monotonic()
        while time.monotonic() - began < 1.2:  # once round for the thread that closes connections
            assert other.get(headers=of("nginx", bob)).status == 403
            time.sleep(0.1)
        assert idle.get(headers=of("nginx", pki.alice)).status == 200
        assert idle.get(headers=of("nginx", bob)).status == 403
    assert not server.log_lines("CC0206")


def test_a_user_who_is_taken_off_the_list_is_let_in_again(server, pki, bob, file):
    with connect(server, "http/1.1", "nginx") as connection:
        publish(file, crl(pki.ca, [(bob, "certificateHold")]))
        refused(server, connection, of("nginx", bob))
        publish(file, crl(pki.ca))
        wait_until(lambda: connection.get(headers=of("nginx", bob)).status == 200, "still refused")


@pytest.mark.parametrize("kind", CHAINED)
def test_a_revoked_intermediate(server, pki, file, kind):
    """The CRL of an intermediate that only the header brings becomes known by it."""
    sub = pki.ca.intermediate("/CN=Sub")
    carol, dave = sub.client("/CN=Carol"), sub.client("/CN=Dave")
    publish(file, pem(crl(pki.ca), crl(sub, [dave])))
    with connect(server, "http/1.1", kind) as connection:
        server.allow_log("CC0101")
        wait_until(lambda: connection.get(headers=of(kind, carol)).status == 200, "Carol is not let in")
        assert who(connection.get(headers=of(kind, dave))).reason == "revoked"
        publish(file, pem(crl(pki.ca, [sub]), crl(sub, [dave])))
        refused(server, connection, of(kind, carol))
        assert connection.get(headers=of(kind, pki.alice)).status == 200


def test_a_missing_crl_is_a_reason_here_too(server, pki):
    dave = pki.ca.intermediate("/CN=Without CRL").client("/CN=Dave")
    with connect(server, "http/1.1", "rfc9440") as connection:
        response = connection.get(headers=of("rfc9440", dave))
        assert (response.status, *who(response)[:2]) == (403, "FAILED", "crl-missing")
    server.expect_log("CC0101: .*reason=crl-missing", times=1)


def test_reported_only(server, pki, bob, file):
    with connect(server, "http/1.1", "report") as connection:
        publish(file, crl(pki.ca, [bob]))
        wait_until(lambda: who(connection.get(headers=of("nginx", bob))).reason == "revoked", "not revoked")
        response = connection.get(headers=of("nginx", bob))
        assert response.status == 200 and who(response)[:2] == ("FAILED", "revoked") and who(response).subject == ""
        assert connection.get("/rule", of("nginx", bob)).status == 403
        seen = connection.get("/seen", of("nginx", bob)).seen
        assert seen.value("X-Client") is None and seen.value("Client-Cert") is None
    server.allow_log("CC0101")


# -- many at once --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind,way", [*((kind, "h2") for kind in FORMATS), ("nginx", "h2c")])
def test_50_streams_with_two_certificates_do_not_mix(server, pki, bob, file, kind, way):
    people = [(of(kind, pki.alice), ALICE), (of(kind, bob), "CN=Bob,O=garex AG")]
    with connect(server, way, kind) as connection:
        for _ in range(2):
            streams = [(subject, connection.send("/seen", headers)) for headers, subject in people * 25]
            for subject, stream in streams:
                response = connection.response(stream)
                assert who(response).subject == response.seen.value("X-Client") == subject
        publish(file, crl(pki.ca, [bob]))
        refused(server, connection, people[1][0])
        streams = [(subject, connection.send("/seen", headers)) for headers, subject in people * 25]
        for subject, stream in streams:
            response = connection.response(stream)
            assert response.status == (200 if subject == ALICE else 403)
            assert who(response).subject == (ALICE if subject == ALICE else "")
    assert not server.log_lines("CC0206")


@pytest.mark.parametrize("way", ["h2", "http/1.1"])
def test_many_certificates_on_one_connection(server, pki, way):
    """More than a connection would remember: none is taken for another."""
    people = [(of("nginx", credential), subject) for credential, subject in
              ((pki.ca.client(f"/CN=User {i}"), f"CN=User {i}") for i in range(30))]
    with connect(server, way, "nginx") as connection:
        for _ in range(3):
            if way == "h2":
                answers = [connection.response(stream) for stream in
                           [connection.send("/index.html", headers) for headers, _ in people]]
            else:
                answers = [connection.get(headers=headers) for headers, _ in people]
            assert [who(answer).subject for answer in answers] == [subject for _, subject in people]


def test_good_bad_none_and_unreadable_in_turn(server, pki):
    """What is remembered of a header is not remembered of the request without it."""
    late = pki.ca.client("/CN=Late", valid=("-2d", "-1d"))
    turns = [(of("nginx", pki.alice), 200, ALICE), (of("nginx", late), 403, ""), ([], 200, ""),
             (of("nginx", pki.mallory), 200, "CN=Mallory,O=Evil"), ([("X-SSL-Client-Cert", "junk")], 400, "")]
    for way in WAYS:
        with connect(server, way, "nginx") as connection:
            # httpd ends a connection of HTTP/1.1 with the first 400.
            for headers, status, subject in turns * 3 if "h2" in way else turns[:4] * 3 + turns[4:]:
                response = connection.get(headers=headers)
                assert (response.status, who(response).subject) == (status, subject)
    server.allow_log("CC0101|CC0210")


def test_a_certificate_that_expires_meanwhile(server, pki):
    soon = pki.ca.client("/CN=Soon", valid=("-1d", "+3s"))
    with connect(server, "http/1.1", "nginx") as connection:
        assert who(connection.get(headers=of("nginx", soon))).subject == "CN=Soon"
        wait_until(lambda: connection.get(headers=of("nginx", soon)).status == 403, "still good")
        assert who(connection.get(headers=of("nginx", soon))).reason == "expired"
        assert who(connection.get(headers=of("nginx", pki.alice))).subject == ALICE
    server.allow_log("CC0101: .*reason=expired")
