# SPDX-License-Identifier: Apache-2.0
"""ClientCertCRLPolicy: which certificates need a CRL, and what becomes of them when there is none or an
old one; on each virtual host as it says."""
import re

import pytest
from harness.crls import becomes, crl, folder, outcome, publish, ready
from harness.waiting import wait_until

HOST = """
    <VirtualHost *:${%s}>
        Include ${tls}
        SSLCACertificateFile ${cas}
        SSLVerifyClient optional
        SSLVerifyDepth 3
        %s
        Header always set X-Verify "expr=%%{CLIENTCERT_VERIFY} %%{CLIENTCERT_REASON}"
        ErrorDocument 403 "it is %%{CLIENTCERT_REASON}"
    </VirtualHost>
"""
POLICIES = {  # port -> ClientCertCRLPolicy
    "default": None,
    "spelled": "scope=chain missing=deny expired=deny",
    "leaf": "scope=leaf",
    "missing": "missing=allow",
    "leaf_missing": "scope=leaf missing=allow",
    "expired": "expired=allow",
    "grace": "expired=grace:3h",
    "short": "expired=grace:30min",
    "lenient": "expired=allow missing=allow",
}
MISSING, EXPIRED = "crl-missing", "crl-expired"
PROTOCOLS = "Protocols h2 http/1.1\nKeepAliveTimeout 60\nMaxKeepAliveRequests 0\nClientCertRevokedConnections keep\n"


class People:
    """CAs whose CRLs differ, and a client of each."""

    def __init__(self, pki):
        good, none, late, half = (pki.authority(f"/CN={name}") for name in ("Good", "None", "Late", "Half"))
        sub, bare, gone, below = (root.intermediate(f"/CN=Issuing {name}") for root, name in (
            (good, "Sub"), (good, "Bare"), (good, "Gone"), (half, "Below")))
        self.bundle = pki.bundle(good, none, late, half)
        self.good, self.bad = good.client("/CN=good"), good.client("/CN=bad")
        self.none = none.client("/CN=none")
        self.late, self.late_bad = late.client("/CN=late"), late.client("/CN=late and bad")
        self.sub, self.bare, self.gone, self.below = (ca.client("/CN=x") for ca in (sub, bare, gone, below))
        self.crls = {
            "good": crl(good, [self.bad, gone]),
            "late": crl(late, [self.late_bad], since="-2h", until="-1h"),
            # Pending until a chain brings their issuers.
            "sub": crl(sub), "gone": crl(gone), "below": crl(below),
        }


# client -> outcome by port; "*" stands for all others.
EXPECTED = {
    "good": {"*": 200},
    "bad": {"*": "revoked", "uncovered": 200},
    "none": {"*": MISSING, "missing": 200, "leaf_missing": 200, "lenient": 200, "uncovered": 200},
    "late": {"*": EXPIRED, "expired": 200, "grace": 200, "lenient": 200, "uncovered": 200},
    "late_bad": {"*": "revoked", "uncovered": 200},
    "sub": {"*": 200},
    # There is no CRL for the leaf.
    "bare": {"*": MISSING, "missing": 200, "leaf_missing": 200, "lenient": 200, "uncovered": 200},
    # There is none for the intermediate CA.
    "below": {"*": MISSING, "leaf": 200, "missing": 200, "leaf_missing": 200, "lenient": 200, "uncovered": 200},
    # The intermediate CA is revoked.
    "gone": {"*": "revoked", "leaf": 200, "leaf_missing": 200, "uncovered": 200},
}


@pytest.fixture(scope="module")
def people(pki):
    return People(pki)


@pytest.fixture(scope="module", autouse=True)
def site(server, people):
    for name, content in people.crls.items():
        publish(folder(server) / name, content)
    hosts = [HOST % (port, "ClientCertCRL ${crls}" + (f"\nClientCertCRLPolicy {policy}" if policy else ""))
             for port, policy in POLICIES.items()]
    server.configure(PROTOCOLS + "".join(hosts) + HOST % ("uncovered", ""), modules="headers http2",
                     ports=" ".join(POLICIES) + " uncovered", cas=people.bundle, crls=folder(server))
    server.start()
    server.allow_log("CC0202.*late", always=True)  # it is overdue
    ready(server, people.good, port="default")
    for name in "sub", "gone", "below":  # their chains become known here
        becomes(server, getattr(people, name), 200, port="leaf")
    server.allow_log("CC0101")


def told(response):
    """200, or the reason of a 403, which all who tell it have to agree about."""
    verify, _, reason = response.header("x-verify").partition(" ")
    if response.status == 200:
        assert (verify, reason) == ("SUCCESS", "none")
        return 200
    assert (response.status, verify) == (403, "FAILED") and response.text == f"it is {reason}"
    return reason


def becomes_of(server, credential, **options):
    if outcome(server, credential, **options) == "revoked":
        server.allow_log("CC0205")
        return "revoked"
    return told(server.curl(cert=credential, **options))


@pytest.mark.parametrize("who", EXPECTED)
@pytest.mark.parametrize("port", [*POLICIES, "uncovered"])
def test_each_virtual_host_has_its_policy(server, people, who, port):
    expected = EXPECTED[who].get(port, EXPECTED[who]["*"])
    mark = server.mark()
    assert becomes_of(server, getattr(people, who), port=port) == expected
    if expected in (MISSING, EXPIRED):
        server.expect_log("CC0101", times=2)
        assert all(f"reason={expected} verify=FAILED" in line for line in server.log_lines("CC0101", since=mark))


@pytest.mark.parametrize("port", [*POLICIES, "uncovered"])
def test_a_client_without_certificate_has_no_crl_to_miss(server, port):
    assert outcome(server, None, port=port) == 200


@pytest.mark.parametrize("kind", ["1.1", "2"])
def test_a_kept_connection_has_the_same_answer_each_time(server, people, kind):
    connect = server.h2 if kind == "2" else server.tls
    for who, expected in ("none", MISSING), ("late", EXPIRED), ("good", 200):
        with connect(getattr(people, who), port="default") as connection:
            assert [told(connection.get("/index.html")) for _ in range(3)] == [expected] * 3
    server.expect_log("CC0101", times=6)


# -- with time -----------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def lasting(make_server, pki):
    """A server for CRLs of some seconds."""
    server = make_server()
    file = publish(folder(server) / "ca.crl", crl(pki.ca))
    hosts = [HOST % (port, policy) for port, policy in (("deny", ""), ("grace", "ClientCertCRLPolicy expired=grace:4s"))]
    server.configure(PROTOCOLS + "ClientCertCRL ${crl}\n" + "".join(hosts), modules="headers http2", ports="deny grace",
                     cas=pki.ca, crl=file)
    server.start()
    ready(server, pki.alice, port="deny")
    server.file = file
    return server


def test_a_crl_expires_on_an_open_connection_and_is_renewed(lasting, pki):
    """The log warns at half and at nine tenths of its life, and says when it is over: once each."""
    mark = lasting.mark()
    with lasting.tls(pki.alice, port="deny") as deny, lasting.h2(pki.alice, port="grace") as grace:
        def answers():
            return told(deny.get("/index.html")), told(grace.get("/index.html"))
        publish(lasting.file, crl(pki.ca, since="-4s", until="+6s"))
        assert answers() == (200, 200)
        wait_until(lambda: answers() == (EXPIRED, 200), answers)
        assert becomes_of(lasting, pki.alice, port="deny") == EXPIRED
        assert becomes_of(lasting, pki.alice, port="grace") == 200
        wait_until(lambda: answers() == (EXPIRED, EXPIRED), answers)
        assert becomes_of(lasting, pki.alice, port="grace") == EXPIRED
        lines = lasting.errors.wait(r":(warn|error)\].*CC0202.*ca.crl", 3, since=mark)
        assert [re.search(r":(\w+)\]", line)[1] for line in lines] == ["warn", "warn", "error"], lines
        for line, word in zip(lines, ("half", "nine tenths", "overdue")):
            assert word in line
        publish(lasting.file, crl(pki.ca))
        wait_until(lambda: answers() == (200, 200), answers)
        assert becomes_of(lasting, pki.alice, port="deny") == 200
    lasting.allow_log("CC0202|CC0101")


# -- from the server to its virtual hosts ------------------------------------------------------------

NAMED = """
    <VirtualHost *:${https}>
        ServerName NAME.example.org
        Include ${tls}
        SSLCACertificateFile ${cas}
        SSLVerifyClient optional
        SETTINGS
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
        ErrorDocument 403 "it is %{CLIENTCERT_REASON}"
    </VirtualHost>
"""


def named(**hosts):
    return "".join(NAMED.replace("NAME", name).replace("SETTINGS", settings) for name, settings in hosts.items())


@pytest.fixture(scope="module")
def inheriting(make_server, people):
    server = make_server()
    for name in "good", "late":
        publish(folder(server) / name, people.crls[name])
    server.configure(PROTOCOLS + "ClientCertCRL ${good}\nClientCertCRLPolicy missing=allow expired=deny\n" + named(
        inherits="", own="ClientCertCRLPolicy missing=deny expired=allow", adds="ClientCertCRL ${late}"),
        modules="headers http2", ports="https", cas=people.bundle, good=folder(server) / "good", late=folder(server) / "late")
    server.start()
    server.allow_log("CC0202.*late", always=True)
    ready(server, people.good)
    return server


@pytest.mark.parametrize("who,expected", {
    "good": (200, 200, 200), "bad": ("revoked",) * 3, "none": (200, MISSING, 200), "late": (EXPIRED, 200, EXPIRED),
}.items())
def test_sources_and_policy_are_inherited(inheriting, people, who, expected):
    """All covered virtual hosts use all CRLs, whichever of them names the source."""
    found = tuple(becomes_of(inheriting, getattr(people, who), host=f"{name}.example.org")
                  for name in ("inherits", "own", "adds"))
    inheriting.allow_log("CC0101")
    assert found == expected


@pytest.fixture(scope="module")
def several(make_server, people):
    """Virtual hosts with the same TLS settings, so that one connection may be used for all of them."""
    server = make_server()
    for name, content in people.crls.items():
        publish(folder(server) / name, content)
    own = {name: f"ClientCertCRL ${{crls}}\n{policy}" for name, policy in {
        "deny": "", "missing": "ClientCertCRLPolicy missing=allow", "expired": "ClientCertCRLPolicy expired=allow",
        "leaf": "ClientCertCRLPolicy scope=leaf"}.items()}
    server.configure(PROTOCOLS + "SSLVHostSNIPolicy insecure\n" + named(open="", **own).replace(
        "SSLVerifyClient optional", "SSLVerifyClient optional\nSSLVerifyDepth 3"), modules="headers http2", ports="https",
        cas=people.bundle, crls=folder(server))
    server.start()
    server.allow_log("CC0202.*late", always=True)
    ready(server, people.good, host="deny.example.org")
    return server


SEVERAL = {
    "good": dict(open=200, deny=200, missing=200, expired=200, leaf=200),
    "bad": dict(open=200, deny="revoked", missing="revoked", expired="revoked", leaf="revoked"),
    "none": dict(open=200, deny=MISSING, missing=200, expired=MISSING, leaf=MISSING),
    "late": dict(open=200, deny=EXPIRED, missing=EXPIRED, expired=200, leaf=EXPIRED),
    "gone": dict(open=200, deny="revoked", missing="revoked", expired="revoked", leaf=200),
}


@pytest.mark.parametrize("who", SEVERAL)
def test_streams_of_one_connection_are_judged_by_the_policy_of_their_host(several, people, who):
    expected, port = SEVERAL[who], several.ports["https"]
    if who == "gone":  # its issuer's own CRL waits for a chain with it
        becomes(several, people.gone, 200, host="leaf.example.org")
    with several.h2(getattr(people, who), host="open.example.org") as connection:
        streams = [(name, connection.send(authority=f"{name}.example.org:{port}"))
                   for _ in range(3) for name in [*expected, *reversed(expected)]]
        for name, stream in streams:
            assert (name, told(connection.response(stream))) == (name, expected[name])
    with several.tls(getattr(people, who), host="open.example.org") as connection:
        for name in [*expected, *reversed(expected)]:
            assert (name, told(connection.get(headers={"Host": f"{name}.example.org:{port}"}))) == (name, expected[name])
    several.allow_log("CC0101")
