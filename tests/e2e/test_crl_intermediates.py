# SPDX-License-Identifier: Apache-2.0
"""CAs below a root, most of which the server learns from its clients; CAs of the old kind; CAs with
another key, and those who may not sign CRLs."""
import pytest
from harness.crls import OldAuthority, becomes, crl, folder, outcome, pem, publish, ready
from harness.pki import Credential, openssl
from harness.waiting import wait_until

SITE = """
    KeepAliveTimeout 60
    ClientCertRevokedConnections keep
    ClientCertCRL ${crls}
    %s
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${cas}
        SSLVerifyClient optional
        SSLVerifyDepth 5
        Header always set X-Verify "expr=%%{CLIENTCERT_VERIFY} %%{CLIENTCERT_REASON}"
    </VirtualHost>
"""
GOOD, MISSING, REVOKED = (200, "SUCCESS none"), (403, "FAILED crl-missing"), (403, "FAILED revoked")
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
every_session = pytest.mark.parametrize("tickets", [True, False])


@pytest.fixture(scope="module")
def started(make_server):
    """Starts a server with CRLs (name=DER) and the CAs that it is told."""
    def start(*authorities, settings="", pki=None, **crls):
        server = make_server()
        for name, content in crls.items():
            publish(folder(server) / name, content)
        server.configure(SITE % settings, modules="headers", crls=folder(server), cas=pki.bundle(*authorities))
        server.start()
        server.file = folder(server).joinpath
        return server
    return start


def told(connection):
    response = connection.get()
    return response.status, response.header("X-Verify")


def until(ask, expected):
    wait_until(lambda: ask() == expected, lambda: f"{ask()}, not {expected}")
    assert [ask() for _ in range(3)] == [expected] * 3


# -- only the root is configured -----------------------------------------------------------------------

@pytest.fixture(scope="module")
def root(pki):
    return pki.authority("/O=Test/CN=Root")


@pytest.fixture(scope="module")
def server(started, pki, root):
    server = started(root, pki=pki, root=crl(root))
    ready(server, root.client("/CN=Anybody"))
    return server


def test_the_crl_of_an_intermediate_waits_for_its_chain(server, pki, root):
    sub = root.intermediate("/O=Test/CN=Sub waits")
    alice, bob = sub.client("/CN=Alice"), sub.client("/CN=Bob")
    with server.tls(bob) as kept:
        assert told(kept) == MISSING
        publish(server.file("sub"), crl(sub, [bob]))
        becomes(server, alice, 200)
        until(lambda: told(kept), REVOKED)  # what the first chain told
    becomes(server, bob, "revoked")
    server.allow_log("CC0101")


def test_a_pending_crl_says_so_in_the_log(server, pki, root):
    sub = root.intermediate("/O=Test/CN=Sub unheard of")
    mark = server.mark()
    publish(server.file("pending"), crl(sub))
    line, = server.errors.wait("CC0202.*pending.*Sub unheard of|CC0202.*Sub unheard of.*pending", since=mark)
    assert ":notice]" in line
    becomes(server, sub.client("/CN=Alice"), 200)
    server.allow_log("CC0101")


def test_a_chain_that_does_not_verify_brings_nobody(server, pki, root):
    """A stranger with the name of an intermediate, and its CRL signed by him."""
    sub = root.intermediate("/O=Test/CN=Sub copied")
    alice, bob = sub.client("/CN=Alice"), sub.client("/CN=Bob")
    publish(server.file("copied"), crl(sub))
    becomes(server, alice, 200)
    stranger = pki.authority("/O=Test/CN=Root").intermediate("/O=Test/CN=Sub copied")
    mallory = stranger.client("/CN=Mallory")
    with pytest.raises(OSError), server.tls(mallory, version="1.2"):
        pass
    server.allow_log("SSL Library Error|AH02008|CC0202|CC0101")
    publish(server.file("copied2"), crl(stranger, [bob], extensions={"authorityKeyIdentifier": None}))
    server.errors.wait("CC0202.*copied2")
    assert outcome(server, bob) == outcome(server, alice) == 200
    server.file("copied2").unlink()


@both_versions
@every_session
def test_a_revoked_ca_ends_all_its_leaves_and_their_sessions(server, root, version, tickets):
    name = f"{version} {tickets}"
    upper = root.intermediate(f"/O=Test/CN=Upper {name}")
    lower = upper.intermediate(f"/O=Test/CN=Lower {name}")
    leaves = [lower.client("/CN=Alice"), lower.client("/CN=Bob"), upper.client("/CN=Carol")]
    dave = root.client("/CN=Dave")
    for file, content in ("upper", crl(upper)), ("lower", crl(lower)):
        publish(server.file(file), content)
    becomes(server, leaves[0], 200)
    kept = [server.tls(leaf, version=version, tickets=tickets) for leaf in [*leaves, dave]]
    try:
        assert [told(connection) for connection in kept] == [GOOD] * 4
        publish(server.file("root"), crl(root, [upper]))
        for leaf in leaves:
            becomes(server, leaf, "revoked")
        until(lambda: [told(connection) for connection in kept], [REVOKED] * 3 + [GOOD])
        for connection in kept[:3]:  # where the chain is not there any more
            refused_when_resumed(connection)
        with kept[3].resume() as again:
            assert told(again) == GOOD
    finally:
        for connection in kept:
            connection.close()
        publish(server.file("root"), crl(root))
    becomes(server, leaves[0], 200)
    server.allow_log("CC0101|CC0205")


def refused_when_resumed(connection):
    """By an alert, by 403, or by a full handshake that fails."""
    try:
        with connection.resume() as again:
            assert told(again) == REVOKED
    except OSError as error:
        assert "REVOKED" in str(error).upper(), error


def test_an_issuer_that_was_met_is_known_after_a_restart(server, root):
    sub = root.intermediate("/O=Test/CN=Sub remembered")
    alice = sub.client("/CN=Alice")
    publish(server.file("remembered"), crl(sub))
    becomes(server, alice, 200)
    server.allow_log("CC0101")
    server.stop()
    publish(server.file("remembered"), crl(sub, [alice]))
    server.start()
    becomes(server, alice, "revoked")


# -- ClientCertCRLIssuer -------------------------------------------------------------------------------

def test_an_issuer_can_be_configured(started, pki):
    """No chain has to come first: the first request with one of the intermediate's is served."""
    root = pki.authority("/CN=Root for issuers")
    sub = root.intermediate("/CN=Sub configured")
    alice, bob = sub.client("/CN=Alice"), sub.client("/CN=Bob")
    server = started(root, pki=pki, settings=f"ClientCertCRLIssuer {sub.cert}", root=crl(root), sub=crl(sub, [bob]))
    ready(server, root.client("/CN=Anybody"))
    assert outcome(server, alice) == 200
    assert outcome(server, bob) == "revoked"
    server.allow_log("CC0205")
    server.stop()


def test_a_configured_issuer_that_does_not_chain_to_a_ca_is_not_believed(started, pki):
    root, stranger = pki.authority("/CN=Root alone"), pki.authority("/CN=Root alone")
    alice = root.client("/CN=Alice")
    server = started(root, pki=pki, settings=f"ClientCertCRLIssuer {stranger.cert}", root=crl(root),
                     zwrong=crl(stranger, [alice]))
    server.allow_log("CC0202")
    server.errors.wait("CC0202.*zwrong")
    becomes(server, alice, 200)
    server.stop()


# -- CAs of the old kind -------------------------------------------------------------------------------

def test_a_ca_and_a_crl_of_version_1(started, pki):
    old = OldAuthority(pki.dir / "old", "/O=Old/CN=Old CA")
    alice, bob = old.client("/O=Old/CN=Alice"), old.client("/O=Old/CN=Bob")
    assert "Version: 1" in openssl("x509", "-in", old.cert, "-noout", "-text").decode()
    server = started(old, pki=pki, old=crl(old, minimal=True, since="-1h"))
    becomes(server, alice, 200)
    publish(server.file("old"), crl(old, [bob], minimal=True, since="-30m"))
    becomes(server, bob, "revoked")
    publish(server.file("old"), crl(old, minimal=True, since="-45m"))  # thisUpdate orders
    server.expect_log("CC0202.*old")
    assert (outcome(server, bob), outcome(server, alice)) == ("revoked", 200)
    publish(server.file("old"), pem(crl(old, minimal=True, since="-15m")))
    becomes(server, bob, 200)
    server.stop()


# -- keys ----------------------------------------------------------------------------------------------

def test_a_ca_that_changed_its_key_signs_for_what_it_issued_with_the_old_one(started, pki):
    """Two keys, one name, and one CA above both (RFC 5280, 6.3.3 f)."""
    root = pki.authority("/O=Test/CN=Above the rolling CA")
    first, second = (root.intermediate("/O=Test/CN=Rolling CA") for _ in range(2))
    alice, bob = first.client("/CN=Alice"), first.client("/CN=Bob")
    server = started(root, pki=pki, settings=f"ClientCertCRLIssuer {second.cert}\nClientCertCRLIssuer {first.cert}",
                     root=crl(root), ca=crl(first))
    becomes(server, alice, 200)
    publish(server.file("ca"), crl(second, [bob]))
    becomes(server, bob, "revoked")
    becomes(server, alice, 200)
    server.stop()


def test_two_roots_of_one_name_revoke_for_themselves(started, pki):
    """The trust anchor of a CRL has to be that of the certificate."""
    first, second = (pki.authority("/O=Test/CN=Twin CA") for _ in range(2))
    alice, bob = (ca.client("/CN=Same number", serial="5A5A5A") for ca in (first, second))
    server = started(first, second, pki=pki, first=crl(first), second=crl(second))
    becomes(server, alice, 200)
    becomes(server, bob, 200)
    publish(server.file("second"), crl(second, [bob]))
    becomes(server, bob, "revoked")
    becomes(server, alice, 200)
    publish(server.file("first"), crl(first, [alice]))
    publish(server.file("second"), crl(second))
    becomes(server, alice, "revoked")
    becomes(server, bob, 200)
    server.stop()


def test_a_ca_that_may_not_sign_crls_does_not(started, pki):
    """Its keyUsage is there, and has no cRLSign."""
    mute = pki.authority("/O=Test/CN=Mute CA", extensions={"keyUsage": "critical,keyCertSign"})
    alice = mute.client("/CN=Alice")
    server = started(mute, pki=pki, mute=crl(mute))
    line = server.expect_log(r":error\].*CC0202.*mute")
    assert "cRLSign" in line
    wait_until(lambda: outcome(server, alice) == 403, lambda: outcome(server, alice))
    server.expect_log("CC0101.*reason=crl-missing")
    server.stop()


def test_a_client_cannot_sign_a_crl(started, pki):
    """Not a CA, but with the CA's name in front of its own key, and known by ClientCertCRLIssuer."""
    root = pki.authority("/O=Test/CN=Signed by a leaf")
    alice = root.client("/CN=Alice")
    leaf = root.client("/O=Test/CN=Signed by a leaf", extensions={"keyUsage": "critical,digitalSignature,cRLSign"})
    server = started(root, pki=pki, settings=f"ClientCertCRLIssuer {leaf.cert}", root=crl(root))
    becomes(server, alice, 200)
    mallory = root.client("/CN=Mallory")
    publish(server.file("root"), crl(Credential(mallory.cert, mallory.key, mallory.chain, mallory.pem), [alice]))
    server.allow_log("CC0202")
    server.errors.wait("CC0202.*Mallory")  # a CRL of Mallory, for nobody
    assert outcome(server, root.client("/CN=Bob")) in (200, 403)
    assert outcome(server, alice) != "revoked"
    server.allow_log("CC0101")
    server.stop()
