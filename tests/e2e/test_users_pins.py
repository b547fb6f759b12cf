# SPDX-License-Identifier: Apache-2.0
"""issuer= and issuer-spki= of ClientCertMap: who must have signed, somewhere in the verified chain."""
import hashlib
import re

import pytest
from harness import users
from harness.pki import openssl

PEM = re.compile("-----BEGIN CERTIFICATE-----([^-]*)-----END")

def key_of(authority):
    key = openssl("x509", "-in", authority.cert, "-noout", "-pubkey")
    return "sha256:" + hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", data=key)).hexdigest()


@pytest.fixture(scope="module")
def cas(pki):
    root, other = pki.authority("/O=Test/CN=Root"), pki.authority("/O=Test/CN=Other root")
    made = {"root": root, "other": other, "staff": root.intermediate("/O=Test/CN=Staff"),
            "guests": root.intermediate("/O=Test/CN=Guests"),
            # The name is that of another, the key is not.
            "impostor": other.intermediate("/O=Test/CN=Staff")}
    return {**made, "below": made["staff"].intermediate("/O=Test/CN=Below")}


@pytest.fixture(scope="module")
def people(cas):
    return {name: ca.client(f"/CN={name}") for name, ca in cas.items()}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, cas):
    maps = {
        "name": ['issuer="CN=Staff,O=Test" subject:CN "(.*)" "$1"'],
        "spelled": ['issuer="cn=STAFF, 2.5.4.10=test" subject:CN ".*" "x"'],
        "key": [f'issuer-spki={key_of(cas["staff"])} subject:CN "(.*)" "$1"'],
        "both": [f'issuer="CN=Staff,O=Test" issuer-spki={key_of(cas["impostor"])} subject:CN "(.*)" "$1"'],
        "apart": [f'issuer="CN=Root,O=Test" issuer-spki={key_of(cas["staff"])} subject:CN "(.*)" "$1"'],
        "root": [f'issuer-spki={key_of(cas["root"]).upper().replace("SHA", "sha")} subject:CN "(.*)" "$1"'],
        "deny": ['issuer="CN=Guests,O=Test" subject:CN ".*" deny', 'subject:CN "(.*)" "$1"'],
        "dn": ['issuer="CN=Below,O=Test" dn CN=below below', 'dn CN=below anybody'],
    }
    rules = "".join(f"ClientCertMap {name} {rule}\n" for name, rules in maps.items() for rule in rules)
    sections = "".join(users.location(name, f"ClientCertUseMap {name}") for name in maps)
    server.configure(users.HEAD + rules + sections + users.TLS + """
        <VirtualHost *:${http}>
            ClientCertTrustedProxy 127.0.0.1
            ClientCertFrom rfc9440
            ClientCertCACertificateFile ${ca}
        </VirtualHost>
    """, modules=users.MODULES, ca=pki.bundle(cas["root"], cas["other"]))
    server.start()


EVERYBODY = ["root", "other", "staff", "guests", "impostor", "below"]
# Map: who gets a name by it.
NAMED = {
    "name": {"staff": "staff", "below": "below", "impostor": "impostor"},
    "spelled": {"staff": "x", "below": "x", "impostor": "x"},
    "key": {"staff": "staff", "below": "below"},
    "both": {"impostor": "impostor"},
    "apart": {},  # they have to be of one certificate
    "root": {"root": "root", "staff": "staff", "below": "below", "guests": "guests"},
    "deny": {name: name for name in EVERYBODY if name != "guests"},
    "dn": {"below": "below"},
}


def by_header(server, credential, name):
    """As a proxy would hand the certificate on, with its chain."""
    items = [":" + "".join(body.split()) + ":" for body in PEM.findall(credential.chain.read_text())]
    headers = [f"Client-Cert: {items[0]}"]
    if items[1:]:
        headers.append("Client-Cert-Chain: " + ", ".join(items[1:]))
    options = [argument for header in headers for argument in ("-H", header)]
    response = server.curl(f"/{name}", *options, port="http")
    return users.told(response)


@pytest.mark.parametrize("person", EVERYBODY)
@pytest.mark.parametrize("name", NAMED)
def test_a_pin_holds_in_the_chain_of_a_handshake(server, people, name, person):
    check(server, NAMED[name].get(person, 403), users.user(server, people[person], name))


@pytest.mark.parametrize("person", EVERYBODY)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_pin_holds_in_a_session_that_is_resumed(server, people, person, version):
    """Which has no chain: the client does not send it again."""
    with server.tls(people[person], version=version) as connection:
        first = {name: users.told(connection.get(f"/{name}")) for name in ("name", "deny")}
        with connection.resume() as resumed:
            assert resumed.resumed
            again = {name: users.told(resumed.get(f"/{name}")) for name in NAMED}
    assert again == {name: NAMED[name].get(person, 403) for name in NAMED}
    assert first.items() <= again.items()
    server.allow_log("CC0101")


@pytest.mark.parametrize("person", EVERYBODY)
@pytest.mark.parametrize("name", ["name", "key", "root", "deny"])
def test_a_pin_holds_in_the_chain_that_a_proxy_hands_on(server, people, name, person):
    check(server, NAMED[name].get(person, 403), by_header(server, people[person], name))


def check(server, expected, found):
    assert found == expected
    if expected == 403:
        assert users.refusal(server).reason == "no-map-match"
