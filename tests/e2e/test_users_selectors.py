# SPDX-License-Identifier: Apache-2.0
"""ClientCertUser: the user straight from the certificate, by every selector."""
import hashlib

import pytest
from harness import der, users
from harness.pki import openssl
from harness.users import Refusal

WIDE = 'ClientCertUserPattern ".+"'
MAILBOX, ID = "1.3.6.1.5.5.7.8.9", "1.2.3.4.5"  # RFC 8398; an otherName that nobody knows
SUBJECT = der.name(
    ("C", "DE", "PRINTABLE"), ("ST", "Bavaria"), ("L", "Munich"), ("DC", "lab", "IA5"), ("O", "garex"),
    ("OU", "Fun"), ("OU", "Games"), ("OU", "Toys"), ("CN", "alice.cn"), ("UID", "alice.uid"), ("serialNumber", "S-1"),
    ("emailAddress", "alice@mail.example", "IA5"), ("GN", "Ali"), ("SN", "Aal"), ("title", "Dr"),
    ("initials", "A.A"), ("description", "odd"), ("street", "Road"), ("2.5.4.65", "pseudo"))
SAN = ["email:alice@example.org", "DNS:alice.example.org", "URI:spiffe://lab/alice", "IP:192.0.2.7",
       "otherName:msUPN;UTF8:alice@corp.example", "dirName:directory", f"otherName:{MAILBOX};UTF8:alice@utf8.example",
       f"otherName:{ID};IA5:alice.other"]
DIRECTORY = "[directory]\nO = Elsewhere\nCN = Alice D"

# Selector -> user: it stands once in the certificate of Alice.
PLAIN = {
    "subject:CN": "alice.cn", "subject:cn": "alice.cn", "subject:commonName": "alice.cn", "subject:2.5.4.3": "alice.cn",
    "subject:O": "garex", "subject:2.5.4.10": "garex", "subject:C": "DE", "subject:ST": "Bavaria", "subject:L": "Munich",
    "subject:DC": "lab", "subject:0.9.2342.19200300.100.1.25": "lab",
    "subject:UID": "alice.uid", "subject:0.9.2342.19200300.100.1.1": "alice.uid", "subject:serialNumber": "S-1",
    "subject:emailAddress": "alice@mail.example", "subject:1.2.840.113549.1.9.1": "alice@mail.example",
    "subject:GN": "Ali", "subject:SN": "Aal", "subject:title": "Dr", "subject:initials": "A.A",
    "subject:description": "odd", "subject:street": "Road", "subject:pseudonym": "pseudo", "subject:2.5.4.65": "pseudo",
    "subject:OU[0]": "Fun", "subject:OU[1]": "Games", "subject:OU[2]": "Toys", "subject:OU[last]": "Toys",
    "subject:OU[any]": "Fun", "subject:CN[0]": "alice.cn", "subject:CN[last]": "alice.cn", "subject:CN[any]": "alice.cn",
    "issuer:CN": "Selectors", "issuer:2.5.4.3": "Selectors", "issuer:O": "Test",
    "san:email": "alice@example.org", "san:dns": "alice.example.org", "san:ip": "192.0.2.7",
    "san:upn": "alice@corp.example", f"san:{MAILBOX}": "alice@utf8.example", f"san:{ID}": "alice.other",
    "san:1.3.6.1.4.1.311.20.2.3": "alice@corp.example", "serial": "0A0B0C",
}
# Those that the usual pattern takes for no user name.
ODD = {
    "san:dirname": "CN=Alice D,O=Elsewhere", "issuer-serial": "CN=Selectors,O=Test;0A0B0C",
    "dn": "pseudonym=pseudo,street=Road,description=odd,initials=A.A,title=Dr,SN=Aal,GN=Ali,"
          "emailAddress=alice@mail.example,serialNumber=S-1,UID=alice.uid,CN=alice.cn,OU=Toys,OU=Games,OU=Fun,"
          "O=garex,DC=lab,L=Munich,ST=Bavaria,C=DE",
}
DIGESTS = ["fingerprint-sha256", "spki-sha256", "ski"]
# What is not there, or there more than once.
NONE = ["subject:OU", "subject:OU[3]", "subject:OU[999]", "subject:CN[1]", "subject:1.2.3.4", "san:1.2.3.4.6", "issuer:UID",
        "issuer:UID[last]", "subject:generationQualifier[any]"]
# All that a certificate with nothing but a common name has not.
ABSENT = [selector for selector, user in PLAIN.items() if user != "alice.cn" and not selector.startswith(("issuer", "serial"))]
ABSENT += ["ski", "san:dirname", "san:uri"]
SELECTORS = [*PLAIN, *ODD, *DIGESTS, *NONE, "san:uri"]


@pytest.fixture(scope="module")
def ca(pki):
    return pki.authority("/O=Test/CN=Selectors")


@pytest.fixture(scope="module")
def alice(ca):
    return ca.client(SUBJECT, san=SAN, sections=DIRECTORY, serial="0A0B0C")


@pytest.fixture(scope="module")
def poor(ca):
    """A certificate with a common name, and little else."""
    return ca.client("/CN=Poor", extensions={"subjectKeyIdentifier": "none"})


@pytest.fixture(scope="module", autouse=True)
def site(server, ca):
    sections = "".join(users.location(number, f"ClientCertUser {selector}", *([WIDE] if selector in ODD else []))
                       for number, selector in enumerate(SELECTORS))
    variable = users.location("all", "ClientCertUser subject:UID") + users.location("cn", "ClientCertUser subject:CN")
    server.configure(users.HEAD + sections + variable + """
        LogFormat "user=%u auth=%{CLIENTCERT_AUTH}e their=%{CLIENTCERT_USER}e" plain
        CustomLog logs/access plain
        <Location /all>
            Header always set X-Own "expr=%{CLIENTCERT_USER} %{CLIENTCERT_AUTH} %{AUTH_TYPE}"
        </Location>
    """ + users.TLS, modules=users.MODULES, ca=ca)
    server.start()


def named(server, cert, selector):
    return users.user(server, cert, SELECTORS.index(selector))


@pytest.mark.parametrize("selector", [*PLAIN, *ODD])
def test_a_selector_says_who_the_user_is(server, alice, selector):
    assert named(server, alice, selector) == {**PLAIN, **ODD}[selector]


def test_digests_are_in_small_letters_without_colons(server, alice):
    key = openssl("x509", "-in", alice.cert, "-noout", "-pubkey")
    key = openssl("pkey", "-pubin", "-outform", "DER", data=key)
    ski = alice.show("-ext", "subjectKeyIdentifier").split()[-1].replace(":", "").lower()
    digests = [hashlib.sha256(alice.der).hexdigest(), hashlib.sha256(key).hexdigest(), ski]
    assert [named(server, alice, selector) for selector in DIGESTS] == digests


@pytest.mark.parametrize("selector", NONE)
def test_what_is_not_there_once_is_no_user(server, alice, selector):
    assert named(server, alice, selector) == 403
    assert users.refusal(server).reason == "no-map-match"


@pytest.mark.parametrize("selector", ABSENT)
def test_a_poor_certificate_has_none_of_most(server, poor, selector):
    assert named(server, poor, selector) == 403
    assert users.refusal(server).reason == "no-map-match"


def test_a_uri_is_no_user_name_for_its_colon(server, alice):
    assert named(server, alice, "san:uri") == 403
    refusal = users.refusal(server)
    assert refusal.reason == "no-map-match" and '"spiffe://lab/alice" is no user name' in refusal.why


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_user_is_known_to_all_of_httpd(server, alice, version):
    with server.tls(alice, version=version) as connection:
        response = connection.get("/all")
        assert (users.told(response), response.header("X-Own")) == ("alice.uid", "alice.uid cert ClientCert")
        assert (server.root / "logs" / "access").read_text().splitlines()[-1] == \
            "user=alice.uid auth=cert their=alice.uid"


def test_whoever_has_no_certificate_has_no_user(server):
    assert users.user(server, None, "all") == 403
    assert users.refusal(server) == Refusal("none")
