# SPDX-License-Identifier: Apache-2.0
"""Require clientcert-dn, -issuer and -san match the names that they say, and none that only look alike."""
import pytest
from harness import der, odd_names
from harness.denial import denial

DNS = {
    "alice": '"CN=Alice,OU=Fun dept.,O=garex AG"',
    "spelled": '"cn=ALICE , ou = fun  DEPT. ,o=Garex ag"',
    "oid": '"2.5.4.3=Alice,2.5.4.11=Fun dept.,2.5.4.10=garex AG"',
    "hex": '"CN=#0c05416c696365,OU=Fun dept.,O=garex AG"',
    "multi": '"CN=Alice+UID=alice,O=garex AG"',
    "multi-turned": '"UID=alice+CN=Alice,O=garex AG"',
    "separate": '"CN=Alice,UID=alice,O=garex AG"',
    "umlaut": '"CN=M\u00fcller,O=garex AG"',
    "comma": '"CN=Alice\\\\, O=Evil,O=garex AG"',
    "admin": '"CN=admin,OU=svc"',
    "slash": '"CN=admin/OU=svc"',
    "empty": '"CN=,O=garex AG"',
    "unquoted": "CN=Alice,OU=Fun dept.,O=garex AG",
    "single-quotes": "'CN=Alice,OU=Fun dept.,O=garex AG'",
}
SANS = {
    "email": "email:alice@example.org", "email-domain": "email:alice@EXAMPLE.ORG",
    "email-local": "email:ALICE@example.org",
    "email-any": "email:*@example.org", "email-all": "email:*", "dns": "dns:a.example.org",
    "dns-case": "dns:A.Example.ORG",
    "dns-any": "dns:*.example.org", "dns-all": "dns:*", "uri": "uri:http://example.org/alice",
    "uri-any": "uri:*/alice", "uri-case": "uri:HTTP://example.org/alice", "ip4": "ip:192.0.2.1",
    "ip6": "ip:2001:db8::1", "ip6-long": "ip:2001:0DB8:0:0:0:0:0:1", "ip-mapped": "ip:::ffff:192.0.2.1",
    "upn": "upn:alice@corp", "upn-case": "upn:ALICE@CORP", "upn-any": "upn:*@corp",
    "several": "dns:b.example.org ip:192.0.2.9 email:alice@example.org",
}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, odd_ca):
    lines = {**{f"dn/{name}": f"clientcert-dn {text}" for name, text in DNS.items()},
             **{f"san/{name}": f"clientcert-san {text}" for name, text in SANS.items()},
             "issuer/ca": 'clientcert-issuer "cn=TEST ca,o=test"', "issuer/odd": 'clientcert-issuer "CN=a\\\\,b,O=Test"',
             "issuer/alike": 'clientcert-issuer "CN=a,CN=b,O=Test"'}
    locations = "\n".join(f"<Location /{name}>\nRequire {text}\n</Location>" for name, text in lines.items())
    server.configure(f"""
        <VirtualHost *:${{https}}>
            Include ${{tls}}
            SSLCACertificateFile ${{cas}}
            SSLVerifyClient optional
            {locations}
        </VirtualHost>
    """, cas=pki.bundle(pki.ca, odd_ca))
    for name in lines:
        server.page(name)
    server.start()


@pytest.fixture(scope="module")
def odd_ca(pki):
    return odd_names.issue(pki, "comma-ca", der.name(("O", "Test"), ("CN", "a,b")), extensions=odd_names.CA)


@pytest.fixture(autouse=True)
def denied(server):
    server.allow_log("AH01630|CC0101", always=True)


def let_in(server, credential, folder, names):
    """The names of the locations that let this certificate in."""
    with server.tls(credential) as connection:
        statuses = {name: connection.get(f"/{folder}/{name}").status for name in names}
        assert {name: connection.get(f"/{folder}/{name}").status for name in names} == statuses
    assert set(statuses.values()) <= {200, 403}
    return {name for name, status in statuses.items() if status == 200}


ALICE = {"alice", "spelled", "oid", "hex", "unquoted", "single-quotes"}
O, OU, CN = ("O", "garex AG"), ("OU", "Fun dept."), ("CN", "Alice")
SUBJECTS = {
    "as it is written": (der.name(O, OU, CN), ALICE),
    "in other case": (der.name(("O", "GAREX ag"), ("OU", "FUN DEPT."), ("CN", "alice")), ALICE),
    "with more spaces": (der.name(("O", "  garex   AG "), ("OU", "Fun    dept.  "), ("CN", " Alice")), ALICE),
    "in other string types": (der.name(("O", "garex AG", "PRINTABLE"), ("OU", "Fun dept.", "BMP"),
                                       ("CN", "Alice", "UNIVERSAL")), ALICE),
    "in T61String and IA5String": (der.name(("O", "garex AG", "T61"), ("OU", "Fun dept.", "IA5"), CN), ALICE),
    "a multi-valued RDN": (der.name(O, [CN, ("UID", "alice")]), {"multi", "multi-turned"}),
    "a multi-valued RDN in two RDNs": (der.name(O, ("UID", "alice"), CN), {"separate"}),
    "two RDNs in one": (der.name([O, OU], CN), set()),
    "all in one RDN": (der.name([O, OU, CN]), set()),
    "an umlaut": (der.name(O, ("CN", "M\u00fcller")), {"umlaut"}),
    "an umlaut in Latin-1": (der.name(O, ("CN", "M\u00fcller", "T61")), {"umlaut"}),
    "a comma in a value": (der.name(O, ("CN", "Alice, O=Evil")), {"comma"}),
    "what a comma could hide": (der.name(O, ("O", "Evil"), CN), set()),
    "a name in a value": (der.name(("CN", "Alice,OU=Fun dept.,O=garex AG")), set()),
    "a name in a value with plus": (der.name(O, ("CN", "Alice+UID=alice")), set()),
    "a name in the organization": (der.name(("O", "garex AG,OU=Fun dept."), CN), set()),
    "svc/CN=admin": (der.name(("OU", "svc/CN=admin")), set()),
    "admin": (der.name(("OU", "svc"), ("CN", "admin")), {"admin"}),
    "admin/OU=svc": (der.name(("CN", "admin/OU=svc")), {"slash"}),
    "an RDN more in front": (der.name(("C", "DE"), O, OU, CN), set()),
    "an RDN more at the end": (der.name(O, OU, CN, ("UID", "x")), set()),
    "an RDN more between": (der.name(O, OU, ("OU", ""), CN), set()),
    "an RDN less": (der.name(OU, CN), set()),
    "the same twice": (der.name(O, OU, CN, O, OU, CN), set()),
    "another order": (der.name(CN, OU, O), set()),
    "another type": (der.name(("OU", "garex AG"), OU, CN), set()),
    "nothing in the CN": (der.name(O, ("CN", "")), {"empty"}),
    "NUL behind the CN": (der.name(O, OU, ("CN", b"Alice\0")), set()),
    "NUL and more behind the CN": (der.name(O, OU, ("CN", b"Alice\0.evil.example.org")), set()),
    # RFC 4518, 2.2: it counts as a space.
    "a line break behind the CN": (der.name(O, OU, ("CN", "Alice\n")), ALICE),
    "an escaped NUL in the CN": (der.name(O, OU, ("CN", "Alice\\00")), set()),
    "backslashes": (der.name(O, ("CN", "Alice\\, O=Evil")), set()),
    "nothing": (der.name(), set()),
}


@pytest.mark.parametrize("what", SUBJECTS)
def test_a_subject_matches_by_rfc_5280(server, pki, what):
    name, expected = SUBJECTS[what]
    credential = odd_names.issue(pki, f"dn{list(SUBJECTS).index(what)}", name, pki.ca)
    assert let_in(server, credential, "dn", DNS) == expected


def test_an_issuer_matches_by_rfc_5280(server, pki, odd_ca):
    assert let_in(server, pki.alice, "issuer", ("ca", "odd", "alike")) == {"ca"}
    below = odd_names.issue(pki, "below-comma", "/CN=Test CA/O=Test", odd_ca)
    assert let_in(server, below, "issuer", ("ca", "odd", "alike")) == {"odd"}


# -- subjectAltName -----------------------------------------------------------------------------------

EMAILS = {"email", "email-domain", "email-any", "email-all", "several"}
NAMES = {
    "an address": (["email:alice@example.org"], EMAILS),
    "an address in a domain of other case": (["email:alice@Example.Org"], EMAILS),
    "another local part": (["email:Alice@example.org"], {"email-any", "email-all"}),
    "the other local part": (["email:ALICE@example.org"], {"email-local", "email-any", "email-all"}),
    "no local part": (["email:@example.org"], {"email-all"}),
    "a domain that only ends alike": (["email:alice@evil-example.org"], {"email-all"}),
    "a domain that goes on": (["email:alice@example.org.evil"], {"email-all"}),
    "a domain": (["DNS:a.example.org"], {"dns", "dns-case", "dns-any"}),
    "a domain in other case": (["DNS:A.EXAMPLE.org"], {"dns", "dns-case", "dns-any"}),
    "two labels": (["DNS:x.y.example.org"], set()),
    "no label": (["DNS:.example.org"], set()),
    "the domain itself": (["DNS:example.org"], set()),
    "one label alone": (["DNS:localhost"], {"dns-all"}),
    "a domain that is an address": (["DNS:alice@example.org"], set()),
    "an address that is a domain": (["email:a.example.org"], {"email-all"}),
    "a URI": (["URI:http://example.org/alice"], {"uri", "uri-any"}),
    "another URI": (["URI:http://example.org/alice/"], set()),
    "the scheme in capitals": (["URI:HTTP://example.org/alice"], {"uri-case", "uri-any"}),
    "IPv4": (["IP:192.0.2.1"], {"ip4"}),
    "IPv6": (["IP:2001:db8::1"], {"ip6", "ip6-long"}),
    "IPv4 in IPv6": (["IP:::ffff:192.0.2.1"], {"ip-mapped"}),
    "an address as a domain": (["DNS:192.0.2.1"], set()),
    "UPN": (["otherName:msUPN;UTF8:alice@corp"], {"upn", "upn-case", "upn-any"}),
    "UPN of another type": (["otherName:msUPN;IA5:alice@corp"], set()),
    "another otherName": (["otherName:1.2.3.4;UTF8:alice@corp"], set()),
    "the second of its kind": (["email:x@x", "DNS:b.example.org", "email:alice@example.org"], EMAILS | {"dns-any"}),
    "nothing": ([], set()),
}


@pytest.mark.parametrize("what", NAMES)
def test_an_alternative_name_matches_its_own_type(server, pki, what):
    san, expected = NAMES[what]
    credential = pki.ca.client("/CN=Alice/emailAddress=alice@example.org", san=san)
    assert let_in(server, credential, "san", SANS) == expected


TAGS = {"email": 0x81, "dns": 0x82, "uri": 0x86, "ip": 0x87}
ODD = {
    "NUL behind an address": ("email", b"alice@example.org\0"), "NUL and more": ("email", b"alice@example.org\0@evil"),
    "NUL in front": ("email", b"evil\0alice@example.org"), "a line break": ("email", b"evil\nalice@example.org"),
    "a tab": ("email", b"\talice@example.org"), "DEL": ("email", b"alice\x7f@example.org"),
    "NUL in a domain": ("dns", b"a\0.example.org"), "NUL behind a domain": ("dns", b"a.example.org\0"),
    "a line break in a domain": ("dns", b"a\n.example.org"), "NUL in a URI": ("uri", b"x\0/alice"),
    "a short address": ("ip", bytes((192, 0, 2))), "an address with mask": ("ip", bytes((192, 0, 2, 1, 255, 255, 255, 0))),
    "no address": ("ip", b""), "the text of an address": ("ip", b"192.0.2.1"),
}


@pytest.mark.parametrize("what", ODD)
def test_a_name_with_control_characters_or_of_wrong_length_never_matches(server, pki, what):
    kind, value = ODD[what]
    san = der.tlv(der.SEQUENCE, der.tlv(TAGS[kind], value)).hex()
    credential = odd_names.issue(pki, f"san{list(ODD).index(what)}", "/CN=Odd", pki.ca,
                                 extensions=f"{odd_names.LEAF}\nsubjectAltName = DER:{san}")
    assert let_in(server, credential, "san", SANS) == set()


@pytest.mark.parametrize("who", ["nobody", "mallory"])
def test_who_has_no_such_name_is_denied(server, pki, who):
    credential = None if who == "nobody" else pki.mallory
    assert let_in(server, credential, "san", SANS) == let_in(server, credential, "dn", DNS) == set()


# -- what is no name ------------------------------------------------------------------------------------

@pytest.mark.parametrize("line, told", [
    ("clientcert please", "please"), ("clientcert-dn", "distinguished name"), ('clientcert-dn ""', "distinguished name"),
    ("clientcert-dn Alice", "Alice"), ('clientcert-dn "CN=a,,O=b"', "CN=a,,O=b"), ('clientcert-dn "XY=a"', "XY"),
    ('clientcert-dn "CN=Alice" "CN=Bob"', "one"), ('clientcert-dn "CN=a\\\\"', "backslash"),
    ("clientcert-issuer", "distinguished name"), ("clientcert-san", "TYPE:VALUE"), ("clientcert-san alice", "alice"),
    ("clientcert-san phone:1", "phone"), ("clientcert-san email:", "email:"),
    ("clientcert-san dns:a.*.org", "a.*.org"),
    ("clientcert-san ip:192.0.2.*", "192.0.2.*"), ("clientcert-san ip:192.0.2.0/24", "192.0.2.0/24"),
    ("clientcert-fingerprint", "sha256:"), ("clientcert-fingerprint sha1:00", "sha1:00"),
    ("clientcert-fingerprint sha256:00", "sha256:00"), ("clientcert-fingerprint sha256:" + "g" * 64, "ggg"),
    ("clientcert-expr", "expression"), ("clientcert-expr (", "("),
    ("clientcert-expr %{SSL_CLIENT_NONE} eq ''", "SSL_CLIENT_NONE")])
def test_a_wrong_line_is_a_configuration_error_that_says_so(server, line, told):
    checked = server.check(f"<Location />\nRequire {line}\n</Location>")
    assert checked.returncode != 0
    assert f"Require {line.split()[0]}" in checked.stderr and told in checked.stderr


def test_a_denial_shows_tricks_as_they_are(server, pki):
    mark = der.name(("CN", 'x" values={CLIENTCERT_SUBJECT="CN=Alice"} \n'))
    credential = odd_names.issue(pki, "trick", mark, pki.ca)
    assert server.status("/dn/alice", cert=credential) == 403
    assert list(denial(server).rule.values) == ["CLIENTCERT_SUBJECT"]
