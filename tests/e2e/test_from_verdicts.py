# SPDX-License-Identifier: Apache-2.0
"""A certificate out of a header is verified here: chain, dates, purpose, depth. A bad one is refused with 403 and
its reason, or goes on to the rules where the virtual host only reports."""
import pytest
from harness.forwarded import CHAINED, FIELD, FORMATS, der_of, fields, of
from harness.intake import GLOBAL, MODULES, connect, host, nobody, who
from harness.pki import openssl
from harness.waiting import wait_until

TRUST = """
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCACertificateFile ${ca}
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"
    </Location>
    <Location /none>
        ClientCertRequire %{CLIENTCERT_VERIFY} eq "NONE" and %{CLIENTCERT_SUBJECT} eq ""
    </Location>
"""
LEVELS = {"ssl": "ClientCertVerify ssl", "report": "ClientCertVerify report\nSSLVerifyClient optional_no_ca",
          "require": "ClientCertVerify require\nSSLVerifyClient require", "off": "ClientCertVerify off"}
ASKING = "SSLCACertificateFile ${ca}\n"


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, trusted):
    hosts = [host(f"{kind}-{level}", "http", f"ClientCertFrom {kind}\n{TRUST}\n{lines.splitlines()[0]}")
             for kind in FORMATS for level, lines in LEVELS.items()]
    hosts += [host(level, level, f"ClientCertFrom rfc9440\n{TRUST}{ASKING}{lines}") for level, lines in LEVELS.items()]
    hosts += [host("depth", "http", f"ClientCertFrom rfc9440\n{TRUST}ClientCertVerifyDepth 1"),
              host("ssldepth", "https", f"ClientCertFrom rfc9440\n{TRUST}{ASKING}SSLVerifyDepth 1"),
              host("default", "https", f"ClientCertFrom rfc9440\nClientCertTrustedProxy 127.0.0.1\n{ASKING}"),
              host("own", "https", f"ClientCertFrom rfc9440\nClientCertTrustedProxy 127.0.0.1\n{ASKING}"
                   "ClientCertCACertificateFile ${other}")]
    server.configure(GLOBAL + "".join(hosts), modules=MODULES, ports="http https ssl report require off", ca=trusted,
                     other=pki.bundle(pki.authority("/CN=Other CA")))
    for page in "rule", "none":
        server.page(page)
    server.start()


@pytest.fixture(scope="module")
def cross(pki):
    """Two CAs that certify one another, and none else does."""
    one, two = pki.authority("/CN=Cross 1"), pki.authority("/CN=Cross 2")
    return one, two, certify(one, two), certify(two, one)


@pytest.fixture(scope="module")
def half(pki):
    """The same, but the first one is trusted, too."""
    one, two = pki.authority("/CN=Half 1"), pki.authority("/CN=Half 2")
    return one, two, certify(one, two), certify(two, one)


@pytest.fixture(scope="module")
def trusted(pki, half):
    return pki.bundle(pki.ca, half[0])


def certify(signer, subject):
    """A certificate of the signer for the key and name of another authority."""
    request, out = subject.dir / f"by-{signer.dir.name}.csr", subject.dir / f"by-{signer.dir.name}.pem"
    openssl("x509", "-x509toreq", "-in", subject.cert, "-signkey", subject.key, "-out", request)
    extensions = subject.dir / "cross.ext"
    extensions.write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                          "subjectKeyIdentifier=hash\n")
    openssl("x509", "-req", "-in", request, "-CA", signer.cert, "-CAkey", signer.key, "-set_serial", "77", "-days", "100",
            "-extfile", extensions, "-out", out)
    return der_of(out)


@pytest.fixture(scope="module")
def bad(pki):
    """By reason, the certificates that have it."""
    forged = bytearray(pki.alice.der)
    forged[-1] ^= 1
    return {
        "expired": [pki.ca.client("/CN=Late", valid=("-2d", "-1d")).der],
        "not-yet-valid": [pki.ca.client("/CN=Soon", valid=("+1d", "+2d")).der],
        "wrong-purpose": [pki.server.der, pki.ca.issue("/CN=Signer", {"extendedKeyUsage": "codeSigning"}).der,
                          pki.ca.client("/CN=Key", extensions={"keyUsage": "critical,keyCertSign"}).der],
        "unknown-issuer": [pki.authority("/CN=Strangers").client("/CN=Stranger").der,
                           pki.authority("/O=Test/CN=Test CA").client("/CN=Impostor").der],
        "self-signed": [pki.self_signed("/CN=Self").der],
        "bad-signature": [bytes(forged)],
    }


REASONS = ("expired", "not-yet-valid", "wrong-purpose", "unknown-issuer", "self-signed", "bad-signature")
ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"


# -- bad certificates -----------------------------------------------------------------------------------

@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("level", ["ssl", "require"])
def test_a_bad_certificate_is_refused(server, pki, bad, level, reason):
    for kind in FORMATS:
        with connect(server, "http/1.1", f"{kind}-{level}") as connection:
            for data in bad[reason]:
                for path in "/index.html", "/rule", "/none":
                    mark = server.mark()
                    response = connection.get(path, fields(kind, data))
                    assert (response.status, *who(response)[:2]) == (403, "FAILED", reason)
                    assert who(response).subject == ""
                    server.errors.wait(rf"CC0101: .*reason={reason}\b", since=mark)
            assert connection.get("/rule", of(kind, pki.alice)).status == 200
    server.expect_log("CC0101", times=18 * len(bad[reason]))


@pytest.mark.parametrize("reason", REASONS)
def test_a_reported_certificate_goes_on_to_the_rules(server, pki, bad, reason):
    for kind in FORMATS:
        with connect(server, "http/1.1", f"{kind}-report") as connection:
            for data in bad[reason]:
                response = connection.get("/index.html", fields(kind, data))
                assert (response.status, *who(response)[:2]) == (200, "FAILED", reason)
                assert who(response).subject == ""
                assert connection.get("/rule", fields(kind, data)).status == 403
                assert connection.get("/none", fields(kind, data)).status == 403
            assert connection.get("/rule", of(kind, pki.alice)).status == 200
            assert connection.get("/none").status == 200
    server.expect_log("CC0101", times=12 * len(bad[reason]))


@pytest.mark.parametrize("kind", FORMATS)
def test_off_takes_nothing_in(server, pki, bad, kind):
    with connect(server, "http/1.1", f"{kind}-off") as connection:
        for data in pki.alice.der, bad["expired"][0]:
            for path, status in ("/index.html", 200), ("/none", 200), ("/rule", 403):
                response = connection.get(path, fields(kind, data))
                assert response.status == status and nobody(response)
    server.expect_log("CC0101", times=2)


def test_without_a_certificate(server):
    """Only `require` demands one."""
    for level, status in ("ssl", 200), ("report", 200), ("require", 403), ("off", 200):
        for kind in FORMATS:
            with connect(server, "http/1.1", f"{kind}-{level}") as connection:
                for headers in [], [(FIELD[kind], "")]:
                    response = connection.get(headers=headers)
                    assert response.status == status and nobody(response), (kind, level)
    assert all("reason=none verify=NONE" in line for line in server.expect_log("CC0101", times=12))


# -- the levels on a virtual host that speaks TLS -------------------------------------------------------

@pytest.mark.parametrize("way", ["https/1.1", "h2"])
def test_the_levels_behind_tls(server, pki, bad, way):
    """The proxy's own certificate satisfies the handshake, and is never the user's."""
    expected = {"ssl": (200, 403, 200), "report": (200, 200, 200), "require": (200, 403, 403), "off": (200, 200, 200)}
    for level, statuses in expected.items():
        with connect(server, way, level, level, pki.mallory) as connection:
            answers = [connection.get(headers=headers) for headers in
                       (of("rfc9440", pki.alice), fields("rfc9440", bad["expired"][0]), [])]
            assert tuple(answer.status for answer in answers) == statuses, level
            assert nobody(answers[2])
            if level == "off":
                assert all(map(nobody, answers))
            else:
                assert who(answers[0]).subject == ALICE and who(answers[1])[:2] == ("FAILED", "expired")
    server.expect_log("CC0101", times=3)


# -- chains ---------------------------------------------------------------------------------------------

def test_the_cas_are_those_of_the_virtual_host_unless_it_has_others_for_this(server, pki):
    with connect(server, "https/1.1", "default") as connection:
        assert who(connection.get(headers=of("rfc9440", pki.alice))).subject == ALICE
    with connect(server, "https/1.1", "own") as connection:
        assert connection.get(headers=of("rfc9440", pki.alice)).status == 403
    server.expect_log("CC0101: .*reason=unknown-issuer", times=1)


@pytest.mark.parametrize("kind", CHAINED)
def test_a_loop_leads_nowhere(server, cross, kind):
    one, two, one_for_two, two_for_one = cross
    data = one.client("/CN=Looped").der
    loops = [[two_for_one, one_for_two], [one_for_two, two_for_one], [two_for_one], [two_for_one, one_for_two] * 4,
             [der_of(one.cert), der_of(two.cert), one_for_two, two_for_one]]
    with connect(server, "http/1.1", f"{kind}-ssl") as connection:
        for chain in loops:
            response = connection.get(headers=fields(kind, data, *chain))
            assert (response.status, who(response).verify) == (403, "FAILED")
            assert who(response).reason in ("unknown-issuer", "self-signed", "chain-too-long")
    server.expect_log("CC0101", times=len(loops))


@pytest.mark.parametrize("kind", CHAINED)
def test_a_loop_with_a_way_out_is_left_by_it(server, half, kind):
    one, two, one_for_two, two_for_one = half
    with connect(server, "http/1.1", f"{kind}-ssl") as connection:
        for chain in [one_for_two], [two_for_one, one_for_two], [one_for_two, two_for_one] * 3:
            assert who(connection.get(headers=fields(kind, two.client("/CN=Out").der, *chain))).subject == "CN=Out"


@pytest.mark.parametrize("kind", CHAINED)
def test_a_chain_of_100_is_refused(server, pki, kind):
    issuing = der_of(pki.ca.intermediate("/CN=Issuing").cert)
    with connect(server, "http/1.1", f"{kind}-ssl") as connection:
        assert connection.get(headers=fields(kind, pki.alice.der, *[issuing] * 9)).status == 200
    for chain in [issuing] * 99, [issuing] * 10, [pki.alice.der] * 99:
        with connect(server, "http/1.1", f"{kind}-ssl") as connection:
            assert connection.get(headers=fields(kind, pki.alice.der, *chain)).status == 400
    lines = server.expect_log("CC0210", times=3)
    assert all("10" in line for line in lines), "how many it may be"


def test_ten_certificates_are_enough_for_anybody(server, pki):
    issuing = pki.ca
    for number in range(9):
        issuing = issuing.intermediate(f"/CN=CA {number}")
    with connect(server, "http/1.1", "rfc9440-ssl") as connection:
        assert who(connection.get(headers=of("rfc9440", issuing.client("/CN=Deep")))).subject == "CN=Deep"


@pytest.mark.parametrize("name,way", [("depth", "http/1.1"), ("ssldepth", "https/1.1")])
def test_a_chain_deeper_than_it_may_be(server, pki, name, way):
    """One: the CA itself has issued it."""
    far = pki.ca.intermediate("/CN=Issuing").client("/CN=Far")
    with connect(server, way, name) as connection:
        assert who(connection.get(headers=of("rfc9440", pki.alice))).subject == ALICE
        response = connection.get(headers=of("rfc9440", far))
        assert (response.status, who(response).reason) == (403, "chain-too-long")
    server.expect_log("CC0101: .*reason=chain-too-long", times=1)


def test_a_certificate_that_becomes_valid_meanwhile(server, pki):
    """What the connection remembers of it was true then."""
    soon = pki.ca.client("/CN=Soon", valid=("+2s", "+1d"))
    with connect(server, "http/1.1", "rfc9440-ssl") as connection:
        assert who(connection.get(headers=of("rfc9440", soon))).reason == "not-yet-valid"
        wait_until(lambda: connection.get(headers=of("rfc9440", soon)).status == 200, "still refused")
        assert who(connection.get(headers=of("rfc9440", soon))).subject == "CN=Soon"
    server.allow_log("CC0101: .*reason=not-yet-valid")


def test_an_intermediate_is_verified_as_well(server, pki):
    """Expired ones, and leaves that play a CA."""
    late = pki.ca.intermediate("/CN=Late CA", valid=("-3d", "-1d"))
    server_ca = pki.ca.intermediate("/CN=Server CA", extensions={"extendedKeyUsage": "serverAuth"})
    dressed = pki.ca.intermediate("/CN=No CA", extensions={"basicConstraints": "CA:FALSE", "keyUsage": None})
    with connect(server, "http/1.1", "rfc9440-ssl") as connection:
        for issuing, reason in (late, "expired"), (server_ca, "wrong-purpose"), (dressed, None):
            response = connection.get(headers=of("rfc9440", issuing.client("/CN=Eve")))
            assert (response.status, who(response).verify) == (403, "FAILED")
            assert who(response).reason == (reason or who(response).reason)
    server.expect_log("CC0101", times=3)


def test_what_is_sent_is_never_trusted_for_being_sent(server, pki):
    """A root in the chain is none of ours, also when its name is."""
    fake = pki.authority("/O=Test/CN=Test CA")
    with connect(server, "http/1.1", "rfc9440-ssl") as connection:
        for authority in fake, pki.authority("/CN=Any"):
            for chain in [authority.cert], [authority.cert, pki.ca.cert], [pki.ca.cert, authority.cert]:
                response = connection.get(headers=fields("rfc9440", authority.client("/CN=Eve").der, *map(der_of, chain)))
                assert response.status == 403 and who(response).reason in ("unknown-issuer", "self-signed", "bad-signature")
    server.expect_log("CC0101", times=6)
