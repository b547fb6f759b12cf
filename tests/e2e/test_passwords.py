# SPDX-License-Identifier: Apache-2.0
"""What comes of certificates and passwords together: the whole table.

Alice has a certificate (CN=alice, which the map makes her user name) and a password; Bob has a
password. Some are here with a certificate of a stranger (it is good, and no rule of the map says whose
it is), one that was revoked, one that has expired, and one of a CA that this server does not know:
all three say CN=alice. The passwords: none, Alice's, a wrong one for Alice, and Bob's.

A cell is the status; behind 200 come REMOTE_USER and CLIENTCERT_AUTH (who it is, and by what), behind
403 CLIENTCERT_REASON. A 401, and nothing else, asks for a password; its reason is `password`."""
import itertools
import re

import pytest
from harness import crls, http2
from harness.logins import LOGIN_PAGES, MODE_PLACES, WHO, Told, basic, password_file, told
from harness.waiting import wait_until

TABLE = """
ClientCertBasicAuth off: passwords alone, as if there were no certificates

    certificate  no password          right                  wrong                another user's
    none         401                  200 alice basic        401                  200 bob basic
    good         401                  200 alice basic        401                  200 bob basic
    bad          401                  200 alice basic        401                  200 bob basic
    unmapped     401                  200 alice basic        401                  200 bob basic
    revoked      401                  200 alice basic        401                  200 bob basic
    expired      401                  200 alice basic        401                  200 bob basic

ClientCertBasicAuth fallback: a certificate, or where there is none a password

    certificate  no password          right                  wrong                another user's
    none         401                  200 alice basic        401                  200 bob basic
    good         200 alice cert       200 alice cert         200 alice cert       200 alice cert
    bad          403 unknown-issuer   403 unknown-issuer     403 unknown-issuer   403 unknown-issuer
    unmapped     403 no-map-match     403 no-map-match       403 no-map-match     403 no-map-match
    revoked      403 revoked          403 revoked            403 revoked          403 revoked
    expired      403 expired          403 expired            403 expired          403 expired

ClientCertBasicAuth both: a certificate and a password, whosoever

    certificate  no password          right                  wrong                another user's
    none         403 none             403 none               403 none             403 none
    good         401                  200 alice cert+basic   401                  200 bob cert+basic
    bad          403 unknown-issuer   403 unknown-issuer     403 unknown-issuer   403 unknown-issuer
    unmapped     403 no-map-match     403 no-map-match       403 no-map-match     403 no-map-match
    revoked      403 revoked          403 revoked            403 revoked          403 revoked
    expired      403 expired          403 expired            403 expired          403 expired

ClientCertBasicAuth same-user: a certificate and the password of its user

    certificate  no password          right                  wrong                another user's
    none         403 none             403 none               403 none             403 none
    good         401                  200 alice cert+basic   401                  403 user-mismatch
    bad          403 unknown-issuer   403 unknown-issuer     403 unknown-issuer   403 unknown-issuer
    unmapped     403 no-map-match     403 no-map-match       403 no-map-match     403 no-map-match
    revoked      403 revoked          403 revoked            403 revoked          403 revoked
    expired      403 expired          403 expired            403 expired          403 expired

AuthType ClientCert: certificates alone; a password is not looked at

    certificate  no password          right                  wrong                another user's
    none         403 none             403 none               403 none             403 none
    good         200 alice cert       200 alice cert         200 alice cert       200 alice cert
    bad          403 unknown-issuer   403 unknown-issuer     403 unknown-issuer   403 unknown-issuer
    unmapped     403 no-map-match     403 no-map-match       403 no-map-match     403 no-map-match
    revoked      403 revoked          403 revoked            403 revoked          403 revoked
    expired      403 expired          403 expired            403 expired          403 expired
"""
# CLIENTCERT_REASON, where nothing but the certificate counts.
REASONS = {"none": "none", "good": "none", "bad": "unknown-issuer", "unmapped": "none", "revoked": "revoked",
           "expired": "expired"}
PASSWORDS = {"no password": {}, "right": basic("alice", "wonderland"), "wrong": basic("alice", "guessed"),
             "another user's": basic("bob", "builder")}
MODES = {"ClientCertBasicAuth off": "/off", "ClientCertBasicAuth fallback": "/fallback",
         "ClientCertBasicAuth both": "/both", "ClientCertBasicAuth same-user": "/same-user",
         "AuthType ClientCert": "/clientcert"}
SITE = LOGIN_PAGES + """
Protocols h2 http/1.1
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    # What is bad is not refused by an alert, but comes as far as here.
    SSLVerifyClient optional_no_ca
    ClientCertVerify report
    ClientCertCRL ${crl}
    ClientCertMap people subject:CN "(alice|bob)" "$1"
    ClientCertUseMap people
    ErrorDocument 401 /why.shtml
    ErrorDocument 403 /why.shtml
""" + MODE_PLACES + """    <Location /clientcert>
        AuthType ClientCert
        Require valid-user
    </Location>
</VirtualHost>
"""


def read(table):
    """{mode: {certificate: {password: cell}}}"""
    parts = [part for part in table.strip().split("\n\n")]
    return {title.partition(":")[0]: rows(grid) for title, grid in zip(parts[::2], parts[1::2])}


def rows(grid):
    head, *lines = grid.splitlines()
    starts = [head.index(name) for name in PASSWORDS]
    return {line.split()[0]: {name: line[start:end].strip()
                              for name, start, end in zip(PASSWORDS, starts, [*starts[1:], None])}
            for line in lines}


EXPECTED = read(TABLE)


def test_the_table_is_whole():
    assert list(EXPECTED) == list(MODES)
    for rows_of_mode in EXPECTED.values():
        assert list(rows_of_mode) == list(REASONS)
        assert all(cell for row in rows_of_mode.values() for cell in row.values())


def issue(pki):
    return {"none": None, "good": pki.ca.client("/O=Lab/CN=alice"),
            "bad": pki.authority("/CN=Elsewhere").client("/O=Lab/CN=alice"),
            "unmapped": pki.ca.client("/O=Lab/CN=stranger"), "revoked": pki.ca.client("/O=Lab/CN=alice"),
            "expired": pki.ca.client("/O=Lab/CN=alice", valid=("-2d", "-1d"))}


@pytest.fixture(scope="module")
def certificates(pki):
    return issue(pki)


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, certificates):
    crl = crls.publish(crls.folder(server) / "crl.der", crls.crl(pki.ca, [certificates["revoked"]]))
    server.configure(SITE, modules="http2 mime include auth_basic authn_file authz_user", crl=crl)
    password_file(server, alice="wonderland", bob="builder")
    for page in ("why", *(f"{path}/who" for path in MODES.values())):
        server.page(f"{page}.shtml", WHO)
    server.start()
    server.allow_log("AH01617|CC0205", always=True)  # a wrong password, as mod_auth_basic says it
    server.allow_log("CC0101")

    def read_already():
        with server.tls(certificates["revoked"]) as one:
            return told(one.get("/both/who.shtml")).reason == "revoked"
    wait_until(read_already, "the CRL has not been read")


@pytest.fixture(scope="module")
def connections(server, certificates):
    """The connection by certificate, HTTP and TLS; each stays open for all of the table."""
    open_ones = {}

    def connect(who, http, tls):
        version, _, resumed = tls.partition(" ")
        make = server.h2 if http == "HTTP/2" else server.tls
        made = make(certificates[who], version=version)
        if not resumed:
            return made
        with made:
            made.get("/why.shtml")
            transport = again(made.transport if http == "HTTP/2" else made)
        assert transport.resumed == (who in ("none", "good", "unmapped")), who
        return http2.Connection(transport, transport.host) if http == "HTTP/2" else transport

    def again(transport):
        # What is bad is never resumed: there is no ticket for it (TLS 1.3), or it does not count.
        session = transport.socket.session
        return server.tls(made=transport.socket.context, session=session if session and session.id else None)

    def get(*key):
        if key not in open_ones:
            open_ones[key] = connect(*key)
        return open_ones[key]
    yield get
    for one in open_ones.values():
        one.__exit__()


def expected_of(cell, who, mode):
    """What WHO has to say."""
    status, *rest = cell.split()
    certificate = "alice" if who == "good" else ""
    if status == "401":
        return Told(certificate=certificate, reason=REASONS[who] if mode.endswith(" off") else "password")
    if status == "403":
        return Told(certificate=certificate, reason=rest[0])
    user, by = rest
    return Told(user, "ClientCert" if by == "cert" else "Basic", certificate, by, REASONS[who])


def differences(response, cell, who, mode):
    expected = {"status": cell[:3], "WWW-Authenticate": ['Basic realm="here"'] if cell == "401" else [],
                **vars(expected_of(cell, who, mode))}
    found = {"status": str(response.status), "WWW-Authenticate": response.values("WWW-Authenticate"),
             **vars(told(response))}
    return [f"{name}: {found[name]!r}, not {expected[name]!r}" for name in expected if found[name] != expected[name]]


@pytest.mark.parametrize("tls", ["1.2", "1.2 resumed", "1.3", "1.3 resumed"])
@pytest.mark.parametrize("http", ["HTTP/1.1", "HTTP/2"])
@pytest.mark.parametrize("mode", MODES)
def test_the_table(server, connections, mode, http, tls):
    wrong, denied = [], []
    for who, password in itertools.product(REASONS, PASSWORDS):
        cell = EXPECTED[mode][who][password]
        response = connections(who, http, tls).get(f"{MODES[mode]}/who.shtml", PASSWORDS[password])
        wrong += [f"{who}, {password}: {found}" for found in differences(response, cell, who, mode)]
        denied += [cell.replace("403 ", "reason=")] * cell.startswith("403")
    assert not wrong, "\n".join(wrong)
    lines = server.expect_log("CC0101", times=len(denied)) if denied else []
    assert [re.search(r"reason=\S+", line)[0] for line in lines] == denied
