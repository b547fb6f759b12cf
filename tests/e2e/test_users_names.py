# SPDX-License-Identifier: Apache-2.0
"""What a user name may look like, and names of certificates that must never become one."""
import pytest
from harness import der, odd_names, users

MAPS = {
    # However generous a map: what is no user name is none.
    "all": 'subject:CN[any] "(?s)(.*)" "$1"', "fixed": 'subject:CN[any] "(?s).*" "somebody"',
    "inside": 'subject:CN[any] "(?s)([a-z]+).*" "$1"', "upn": 'san:upn[any] "(?s)(.*)" "$1"',
    "email": 'san:email[any] "(?s)(.*)" "$1"', "fixed-upn": 'san:upn "(?s).*" somebody',
}
WIDE = 'ClientCertUserPattern "(?s).*"'
LONG = 64 * 1024
BAD = {
    "NUL": der.name(("CN", b"admin\0")), "NUL first": der.name(("CN", b"\0admin")), "NUL inside": der.name(("CN", b"ad\0min")),
    "NUL in BMP": der.name(("CN", "admin\0.evil", "BMP")),
    "NUL in PrintableString": der.name(("CN", b"admin\0", "PRINTABLE")),
    "8 bits in IA5String": der.name(("CN", b"admin\xff", "IA5")),
    "newline": der.name(("CN", "admin\n")), "CR": der.name(("CN", "admin\r")), "tab": der.name(("CN", "ad\tmin")),
    "escape": der.name(("CN", "\x1b[31madmin")), "DEL": der.name(("CN", "admin\x7f")), "C1": der.name(("CN", "admin\x85")),
    "a BIT STRING": der.name(("CN", b"\0admin", odd_names.BIT_STRING)),
    "a SEQUENCE": der.name(("CN", b"\x0c\x05admin", odd_names.SEQUENCE)),
}
# No UTF-8, though it says so; in a subject OpenSSL does not even read it.
BROKEN = {
    "overlong NUL": b"admin\xc0\x80", "overlong slash": b"admin\xc0\xaf", "lone continuation": b"admin\x80",
    "cut sequence": b"admin\xe2\x82", "surrogate": b"\xed\xa0\x80admin", "beyond Unicode": b"admin\xf4\x90\x80\x80",
    "Latin-1": b"\xe9admin",
}
# A value that is text, and what becomes of it under the usual pattern, and under one that takes anything.
TEXTS = {
    "alice": ("alice", "alice"), "a": ("a", "a"), "0": ("0", "0"), "A.b_c@d+e-f": ("A.b_c@d+e-f",) * 2, "a" * 128: ("a" * 128,) * 2,
    "a" * 129: (403, "a" * 129), ".alice": (403, ".alice"), "-alice": (403, "-alice"), "@alice": (403, "@alice"),
    "alice bob": (403, "alice bob"), "alice:bob": (403, 403), ":": (403, 403), "": (403, 403), "a/b": (403, "a/b"),
    "../etc": (403, "../etc"), "alice,O=x": (403, "alice,O=x"), 'a"b': (403, 'a"b'), "a\\b": (403, "a\\b"), "#a": (403, "#a"),
    " alice": (403, " alice"), "alice ": (403, "alice "), "a+b;c<d>e=f": (403, "a+b;c<d>e=f"), "%{x}$1": (403, "%{x}$1"),
    "\u00e9": (403, "\u00e9"), "\u0430lice": (403, "\u0430lice"), "\\0A": (403, "\\0A"), "alice\u00a0": (403, "alice\u00a0"),
}


@pytest.fixture(scope="module", autouse=True)
def site(server):
    rules = "".join(f"ClientCertMap {name} {rule}\n" for name, rule in MAPS.items())
    sections = "".join(users.location(name, f"ClientCertUseMap {name}", WIDE)
                       + users.location(f"usual-{name}", f"ClientCertUseMap {name}") for name in MAPS)
    selectors = users.location("own-upn", "ClientCertUser san:upn", WIDE) \
        + users.location("cn", "ClientCertUser subject:CN", WIDE) + users.location("usual", "ClientCertUser subject:CN") \
        + users.location("short", "ClientCertUser subject:CN", 'ClientCertUserPattern "[a-z]{1,3}"') \
        + users.location("dn", "ClientCertUser dn", WIDE) + users.location("dirname", "ClientCertUser san:dirname", WIDE)
    server.configure(users.HEAD + rules + sections + selectors + users.TLS, modules=users.MODULES)
    server.start()


def found(server, cert, *names, **options):
    """The users; text of headers is Latin-1."""
    server.allow_log("CC0101")
    server.allow_log("AH01875")  # a certificate with a long value is too big for mod_ssl's session cache
    with server.tls(cert, **options) as connection:
        told = [users.told(connection.get(f"/{name}")) for name in names]
    return [one if isinstance(one, int) else one.encode("latin-1").decode() for one in told]


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_text_never_maps(server, pki, what):
    cert = odd_names.issue(pki, f"bad{list(BAD).index(what)}", BAD[what], pki.ca)
    names = ["all", "fixed", "inside", "usual-fixed", "cn", "usual", "dn"]
    assert found(server, cert, *names) == [403] * len(names)


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_not_utf_8_never_maps(server, pki, what):
    name = der.tlv(0xA0, der.oid("1.3.6.1.4.1.311.20.2.3"), der.tlv(0xA0, der.tlv(0x0C, BROKEN[what])))
    san = f"subjectAltName = DER:{der.tlv(0x30, name).hex()}"
    cert = odd_names.issue(pki, f"broken{list(BROKEN).index(what)}", "/CN=x", pki.ca, 1, f"{odd_names.LEAF}\n{san}")
    assert found(server, cert, "upn", "usual-upn", "fixed-upn", "own-upn") == [403] * 4


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_user_name_has_to_match_the_pattern(server, pki, text):
    cert = odd_names.issue(pki, f"text{list(TEXTS).index(text)}", der.name(("CN", text)), pki.ca)
    usual, wide = TEXTS[text]
    if text == text.strip():  # a header has no blanks around it
        assert found(server, cert, "all", "cn") == [wide, wide]
    assert found(server, cert, "usual-all", "usual", "usual-fixed") == [usual, usual, "somebody"]


def test_a_pattern_has_to_match_the_whole_name(server, pki):
    assert found(server, pki.ca.client("/CN=abc"), "short") == ["abc"]
    assert found(server, pki.ca.client("/CN=abcd"), "short") == [403]


@pytest.mark.parametrize("size", [4096, LONG])
def test_a_very_long_value(server, pki, size):
    """The certificate is in each session ticket: those of TLS 1.3 could not be that long."""
    cert = odd_names.issue(pki, f"long{size}", der.name(("CN", "a" * size)), pki.ca)
    options = {"version": "1.2", "tickets": False}
    assert found(server, cert, "usual", "usual-all", "usual-fixed", "usual-inside", **options) == [403, 403, "somebody", 403]


@pytest.mark.parametrize("label", odd_names.NAMES)
def test_an_odd_name_is_a_user_under_no_usual_pattern(server, pki, label):
    """But for the few whose common name is a plain word."""
    cert = odd_names.issue(pki, f"odd{list(odd_names.NAMES).index(label)}", odd_names.NAMES[label], pki.ca, 7)
    plain = {"BMPString": "plain", "UniversalString": "a", "multi-valued RDNs": "Alice", "the same OU thrice": "x",
             "NumericString": "letters", "300 attributes": "last", "unknown attributes": "x", "uncommon attributes": "x"}
    assert found(server, cert, "usual", "usual-all") == [plain.get(label, 403)] * 2


def test_a_bad_value_among_good_ones(server, pki):
    """It cannot be the user, and is one of several all the same."""
    cert = pki.ca.client(der.name(("CN", b"root\0"), ("CN", "alice")))
    assert found(server, cert, "all", "inside", "cn") == ["alice", "alice", 403]


def test_odd_alternative_names_never_map(server, pki):
    cert = odd_names.issue(pki, "odd-san", "/CN=Odd", pki.ca, 77, f"{odd_names.LEAF}\n{odd_names.SAN}")
    assert found(server, cert, "email") == [403]
    assert found(server, cert, "upn") == ["\u03a9"]  # the one that is as it should be
    assert found(server, cert, "usual-upn") == [403]


def test_the_log_escapes_a_hostile_name(server, pki):
    cert = odd_names.issue(pki, "log", der.name(("CN", 'x" why="fine [error] \u202e'), ("OU", "\n")), pki.ca)
    assert users.user(server, cert, "usual") == 403
    assert users.refusal(server).why.startswith("'x\" why=\"fine [error] \u202e' is no user name: ")
