# SPDX-License-Identifier: Apache-2.0
"""ClientCertMap: rules in order, of which the first that matches says who the user is."""
import pytest
from harness import der, users

# Each map is one section of the same name.
MAPS = {
    "regex": [r'subject:CN "(\w+) (\w+)" "$2.$1"'],
    "whole": ['subject:CN "alice" root', 'subject:CN "a" root', 'subject:CN ".*a" "end-$0"'],
    "either": ['subject:CN "bob|alice" "$0"', 'subject:CN "ali|alice" never'],
    "anchors": ['subject:CN "^bob$" "$0"'],
    "groups": ['subject:CN "(b)(o)(b)(x)?" "$3$2$1$4.$0"', 'subject:CN "(a)|(b)" "$1$2"'],
    "case": ['subject:CN "(?i)BOB" folded', 'subject:CN "ALICE" never'],
    "fixed": ['subject:CN "bob" robert', 'issuer:CN "Maps" "anybody"'],
    "digits": ['subject:CN "([a-z]+)([0-9]+)" "$2-$1"'],
    "dollar": [r'subject:CN "bob" "b\$b"'],
    "order": ['subject:OU[any] "a" first', 'subject:OU[any] "b" second', 'subject:CN ".*" "last-$0"'],
    "deny": ['subject:CN "bob" deny', 'subject:OU "banned" deny', 'subject:CN ".*" "$0"'],
    "late-deny": ['subject:CN ".*" "$0"', 'subject:CN "bob" deny'],
    "unique": ['subject:OU "a" one', 'subject:OU[1] "a" second', 'subject:OU[last] "a" last'],
    "any": ['subject:OU[any] "(.)" "any-$1"'],
    "stops": ['subject:CN "(.*)" "$1"', 'subject:CN ".*" never'],
    "dn": ['dn "CN=backup,OU=Svc,O=Lab,C=US" backup', 'dn "UID=u+CN=multi,O=Lab" multi',
           'dn "CN=evil,O=Lab" deny', 'dn "CN=Night Watch,O=Lab" watch',
           r'dn "CN=a\\, b\\+c,O=Lab" escaped', 'dn "CN=#0C056279746573,O=Lab" by-hex'],
    "dn-lookalike": ['dn "CN=admin,O=Lab" admin'],
    "spiffe": ['san:uri "spiffe://lab/([a-z]+)" "$1"'],
    "names": ['san:email[any] "([^@]+)@example\\\\.org" "$1"', 'san:dns "(.*)\\\\.example\\\\.org" "$1"'],
    "quotes": ["subject:CN 'bob' 'bo.b'", 'subject:CN "al\\"ice" "al.ice"'],
}
PATTERNS = {"stops": '".*"', "dollar": r'"b\$b"'}


def subject(**attributes):
    return "".join(f"/{kind}={value}" for kind, values in attributes.items() for value in values.split("|"))


CERTIFICATES = {
    "bob": "/CN=bob", "alice": "/CN=alice", "a": "/CN=a", "BOB": "/CN=BOB", "alice b": "/CN=alice b", "bobx": "/CN=bobx",
    "two": "/CN=John Doe", "x7": "/CN=x7", "xa": "/CN=xa", "newline": der.name(("CN", b"bob\n")),
    "ous": "/OU=b/OU=a/CN=carol", "ou": "/OU=a/CN=dan", "ou b": "/OU=c/OU=b/CN=erin", "double": "/CN=bob/CN=carol",
    "banned": "/OU=fine/OU=banned/CN=frank", "fine": "/OU=fine/CN=frank", "nul": der.name(("CN", b"bob\0")),
    "backup": "/C=US/O=Lab/OU=Svc/CN=backup", "BackUp": "/C=us/O=LAB/OU=Svc/CN=  BackUP ",
    "spaces": der.name(("O", " lab"), ("CN", "Night  Watch ")), "tight": "/O=Lab/CN=NightWatch",
    "reversed": "/CN=backup/OU=Svc/O=Lab/C=US", "short": "/O=Lab/OU=Svc/CN=backup",
    "long": "/DC=x/C=US/O=Lab/OU=Svc/CN=backup",
    "multi": der.name(("O", "Lab"), [("CN", "multi"), ("UID", "u")]), "flat": der.name(("O", "Lab"), ("CN", "multi"), ("UID", "u")),
    "evil": "/O=Lab/CN=evil", "comma": der.name(("O", "Lab"), ("CN", "a, b+c")), "hex": der.name(("O", "Lab"), ("CN", "bytes")),
    "printable": der.name(("C", "US", "PRINTABLE"), ("O", "LAB", "PRINTABLE"), ("OU", "svc", "BMP"), ("CN", "BACKUP", "T61")),
    "lookalike": der.name(("O", "Lab,CN=admin"),), "lookalike 2": der.name(("CN", "admin,O=Lab"),),
    "lookalike 3": der.name(("O", "Lab"), ("CN", b"admin\0")), "lookalike 4": der.name(("O", "Lab/CN=admin"),),
    "admin": "/O=Lab/CN=admin", "colon": "/CN=bob:x", "quote": "/CN=al\"ice",
}

# Map, certificate, user or status.
CASES = [
    ("regex", "two", "Doe.John"), ("regex", "bob", 403), ("whole", "alice b", 403), ("whole", "bobx", 403),
    ("whole", "alice", "root"), ("whole", "a", "root"), ("whole", "xa", "end-xa"), ("whole", "newline", 403),
    ("either", "bob", "bob"), ("either", "alice", "alice"), ("either", "bobx", 403),
    ("anchors", "bob", "bob"), ("anchors", "bobx", 403), ("anchors", "newline", 403), ("anchors", "nul", 403),
    ("groups", "bob", "bob.bob"), ("groups", "bobx", "bobx.bobx"), ("groups", "a", "a"),
    ("case", "BOB", "folded"), ("case", "bob", "folded"), ("case", "alice", 403),
    ("fixed", "bob", "robert"), ("fixed", "BOB", "anybody"), ("digits", "x7", "7-x"), ("dollar", "bob", "b$b"),
    ("order", "ous", "first"), ("order", "ou b", "second"), ("order", "bob", "last-bob"),
    ("deny", "bob", 403), ("deny", "alice", "alice"), ("deny", "banned", 403), ("deny", "fine", "frank"),
    ("deny", "double", 403), ("late-deny", "bob", "bob"),
    ("unique", "ou", "one"), ("unique", "ous", "second"), ("unique", "ou b", 403), ("any", "ous", "any-b"),
    ("any", "bob", 403), ("fixed", "double", "anybody"), ("stops", "colon", 403), ("stops", "bob", "bob"),
    ("dn", "backup", "backup"), ("dn", "BackUp", "backup"), ("dn", "printable", "backup"), ("dn", "reversed", 403),
    ("dn", "short", 403), ("dn", "long", 403), ("dn", "multi", "multi"), ("dn", "flat", 403), ("dn", "evil", 403),
    ("dn", "comma", "escaped"), ("dn", "hex", "by-hex"), ("dn", "spaces", "watch"), ("dn", "tight", 403),
    ("dn-lookalike", "admin", "admin"),
    *[("dn-lookalike", name, 403) for name in CERTIFICATES if name.startswith("lookalike")],
    ("spiffe", "san", "alice"), ("names", "san", "alice"), ("names", "dns", "host"), ("names", "bob", 403),
    ("quotes", "bob", "bo.b"), ("quotes", "quote", "al.ice"),
]


@pytest.fixture(scope="module")
def ca(pki):
    return pki.authority("/O=Test/CN=Maps")


@pytest.fixture(scope="module")
def certificates(ca):
    made = {name: ca.client(subject) for name, subject in CERTIFICATES.items()}
    made["san"] = ca.client("/CN=san", san=["URI:spiffe://lab/alice", "email:x@evil.example", "email:alice@example.org"])
    made["dns"] = ca.client("/CN=dns", san=["DNS:host.example.org"])
    return made


@pytest.fixture(scope="module", autouse=True)
def site(server, ca):
    rules = "".join(f"ClientCertMap {name} {rule}\n" for name, rules in MAPS.items() for rule in rules)
    sections = "".join(
        users.location(name, f"ClientCertUseMap {name}",
                       *([f"ClientCertUserPattern {PATTERNS[name]}"] if name in PATTERNS else [])) for name in MAPS)
    server.configure(users.HEAD + rules + sections + users.TLS, modules=users.MODULES, ca=ca)
    server.start()


@pytest.mark.parametrize("name, certificate, user", CASES)
def test_the_first_rule_that_matches_says_who(server, certificates, name, certificate, user):
    assert users.user(server, certificates[certificate], name) == user
    if user == 403:
        assert users.refusal(server).reason == "no-map-match"


def test_the_log_names_the_rule_that_denies(server, certificates):
    assert users.user(server, certificates["banned"], "deny") == 403
    assert users.refusal(server).why == "the rule 'subject:OU \"banned\" deny' denies"


def test_a_user_name_that_is_none_ends_the_map(server, certificates):
    """Another rule would give him another man's name."""
    assert users.user(server, certificates["colon"], "stops") == 403
    assert '"bob:x" is no user name' in users.refusal(server).why


def test_every_map_is_asked_about(server):
    assert {name for name, _, _ in CASES} == set(MAPS)
