# SPDX-License-Identifier: Apache-2.0
"""ClientCertRequire speaks the language of SSLRequire: each line stands in two locations of one
server, under mod_ssl's directive and under ours, and both decide alike."""
import json
import re
import time
from pathlib import Path

import pytest
from harness.denial import denials

DATA = Path(__file__).parent.parent / "data" / "sslrequire-lines.json"
LINES = {line["id"]: line["raw"] for line in json.loads(DATA.read_text())["lines"]}
# httpd 2.4 has no OID() any more, and a bare word in a list was never more than a mistake.
OURS_ALONE = {"R004"}
REFUSED_BY_BOTH = {"R046"}
# mod_ssl's own DN format and an impossible key size are never right, a list of dead ciphers always.
NEVER, ALWAYS = {"R016", "R037"}, {"R013"}
LEMONS = {"1.3.6.1.4.1.18060.12.0": "DER:0c064c656d6f6e73"}
SUBJECTS = {
    "alice": "/O=garex AG/OU=Fun dept./CN=Alice", "asf": "/O=ASF/OU=httpd/CN=Tester",
    "snakeoil": "/O=Snake Oil, Ltd./OU=Staff/CN=Snake", "dev": "/O=Snake Oil, Ltd./OU=Sales/CN=Dev",
    "jane": "/C=DK/ST=NA/O=NBI/CN=Jane Doe/emailAddress=jane@doe.org", "manfred": "/OU=az/CN=Manfred Mann",
    "company": "/O=Your Company/CN=x", "admin": "/CN=admin", "mail": "/CN=m/emailAddress=email@domain.tld",
    "userA": "/CN=userA", "frogger": "/O=frogger/CN=f", "trusted": "/O=Trusted Company/OU=Admin Department/CN=t",
    "client2": "/CN=client2", "api": "/CN=API Client Service", "lerc": "/CN=lerc.control.api.admin.whatever",
}

# Expressions that any of the three clients may be asked, and which of them are let in: (A)lice,
# (L)emons, or somebody without a certificate (-).
EXPRESSIONS = r"""
A   | %{SSL_CLIENT_S_DN_O} eq "garex AG"
A   | "garex AG" eq %{SSL_CLIENT_S_DN_O}
L-  | %{SSL_CLIENT_S_DN_O} ne "garex AG"
A   | %{SSL_CLIENT_S_DN_O} == "garex AG"
L-  | %{SSL_CLIENT_S_DN_O} != 'garex AG'
A   | %{SSL_CLIENT_S_DN_CN} in {"Alice", "Bob"}
-   | %{SSL_CLIENT_S_DN_CN} in { "" }
L   | "Lemons" in PeerExtList("1.3.6.1.4.1.18060.12.0")
    | "lemons" in PeerExtList("1.3.6.1.4.1.18060.12.0")
    | "Lemons" in PeerExtList("1.2.3.4")
A   | %{SSL_CLIENT_S_DN_O} eq file("${root}/word")
A-  | not (%{SSL_CLIENT_S_DN_CN} =~ m/^lem/i)
L   | %{SSL_CLIENT_S_DN_CN} =~ /^LEM/i
A   | %{SSL_CLIENT_S_DN_CN} =~ m#^(Al)(.*)$# and "$2$1" eq "iceAl"
    | %{SSL_CLIENT_S_DN_CN} =~ m/^(Al)(.*)$/ and "$3" eq "Al"
AL- | %{TIME_YEAR} >= 2024 and %{TIME_YEAR} < 9999
    | %{TIME_YEAR} < 2000
AL- | %{TIME} =~ m/^[0-9]{14}$/
AL- | %{TIME_MON} >= 1 and %{TIME_MON} <= 12 and %{TIME_WDAY} <= 6 and %{TIME_HOUR} <= 23
A   | %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{TIME_HOUR} >= 0
AL- | %{SSL_CIPHER} !~ m/^(EXP|NULL)/
AL- | %{SSL_CIPHER_USEKEYSIZE} >= 128
    | %{SSL_CIPHER_USEKEYSIZE} < 128
AL- | %{SSL_PROTOCOL} in {"TLSv1.2", "TLSv1.3"}
AL- | %{SSL_SERVER_S_DN_CN} eq "localhost"
AL- | %{HTTPS} eq "on"
A   | %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{HTTP_USER_AGENT} eq "tester/1.0"
AL- | %{HTTP_USER_AGENT} =~ m/^tester/
    | %{HTTP:User-Agent} eq "curl"
AL- | %{HTTP:X-Word} eq "garex AG"
A   | %{HTTP:X-Word} eq %{SSL_CLIENT_S_DN_O}
L-  | %{HTTP:X-Nothing} eq %{SSL_CLIENT_S_DN_O}
AL- | http('X-Word') eq req("x-word")
AL- | %{ENV:WORD} eq "garex AG"
A   | env('WORD') eq %{SSL_CLIENT_S_DN_O}
AL- | osenv('WORD') eq ""
AL- | %{REMOTE_ADDR} eq "127.0.0.1"
AL- | %{REMOTE_ADDR} =~ m/^127\./ and %{REQUEST_METHOD} eq "GET" and %{REQUEST_SCHEME} eq "https"
AL- | %{REQUEST_URI} =~ m#^/(ssl|ours)/e[0-9]+$#
AL- | %{SERVER_NAME} eq "localhost"
A   | tolower(%{SSL_CLIENT_S_DN_CN}) eq "alice"
A   | toupper(%{SSL_CLIENT_S_DN_CN}) eq "ALICE"
A   | %{tolower:%{SSL_CLIENT_S_DN_CN}} eq "alice"
A   | base64(%{SSL_CLIENT_S_DN_CN}) eq "QWxpY2U="
A   | %{SSL_CLIENT_S_DN_CN} eq unbase64("QWxpY2U=")
A   | escape(%{SSL_CLIENT_S_DN_O}) eq "garex%20AG"
A   | unescape("garex%20AG") eq %{SSL_CLIENT_S_DN_O}
A   | md5(%{SSL_CLIENT_S_DN_CN}) eq "64489c85dc2fe0787b85cd87214b3810"
A   | sha1(%{SSL_CLIENT_S_DN_CN}) eq "35318264c9a98faf79965c270ac80c5606774df1"
A   | "Dear %{SSL_CLIENT_S_DN_CN}!" eq "Dear Alice!"
A   | "Dear " . %{SSL_CLIENT_S_DN_CN} eq "Dear Alice"
A   | %{SSL:SSL_CLIENT_S_DN_CN} eq "Alice"
A   | SSL('SSL_CLIENT_S_DN_CN') eq "Alice"
AL- | SSL('SSL_PROTOCOL') eq %{SSL_PROTOCOL}
AL  | -n %{SSL_CLIENT_S_DN}
-   | -z %{SSL_CLIENT_S_DN}
AL  | -T %{SSL_CLIENT_M_SERIAL}
AL  | %{SSL_CLIENT_V_REMAIN} -gt 300
    | %{SSL_CLIENT_V_REMAIN} -eq 0
AL  | %{SSL_CLIENT_M_VERSION} == 3
AL- | -R '127.0.0.0/8'
    | %{REMOTE_ADDR} -ipmatch '192.0.2.0/24'
A   | %{SSL_CLIENT_S_DN_CN} -strmatch 'A*ce'
A   | %{SSL_CLIENT_S_DN_CN} -strcmatch 'a*CE'
A   | %{SSL_CLIENT_S_DN_CN} -fnmatch 'Al?ce'
AL- | -f '${root}/word' && ! -d '${root}/word'
AL  | %{SSL_CLIENT_VERIFY} eq "SUCCESS"
-   | %{SSL_CLIENT_VERIFY} eq "NONE"
AL  | %{SSL_CLIENT_CERT} =~ m/^-----BEGIN CERTIFICATE-----/
AL  | %{SSL_CLIENT_I_DN} eq "CN=Test CA,O=Test"
A   | %{SSL_CLIENT_SAN_Email_0} eq "alice@example.org"
A   | (%{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_S_DN_OU} eq "Fun dept.") or false
AL- | %{SSL_CLIENT_S_DN_O} eq "garex AG" or true
A   | %{SSL_CLIENT_S_DN_O} eq "garex AG" && (true || false) && !false && not false
AL- | true
    | false
-   | %{SSL_CLIENT_S_DN_CN} eq ""
-   | %{SSL_CLIENT_S_DN_CN} lt "Bob"
AL  | %{SSL_CLIENT_S_DN_CN} ge "Bob"
AL- | "10" gt "9" and "b" gt "a" and "ab" gt "b"
"""
TABLE = [(who.strip(), text.strip()) for who, _, text in
         (line.partition(" | ") for line in EXPRESSIONS.strip().splitlines())]


def locations(rules):
    """Each rule twice; `rules` maps a name to lines that begin with SSLRequire."""
    parts = []
    for name, lines in rules.items():
        parts.append(f"<Location /ours/{name}>\n{lines.replace('SSLRequire', 'ClientCertRequire')}\n</Location>")
        if name not in OURS_ALONE:
            parts.append(f"<Location /ssl/{name}>\n{lines}\n</Location>")
    return "\n".join(parts)


HOST = """
<VirtualHost *:${https}>
Include ${tls}
SSLCACertificateFile ${ca}
SSLVerifyClient optional
MaxKeepAliveRequests 0
FallbackResource /index.html
RemoteIPHeader X-Real-IP
RemoteIPInternalProxy 127.0.0.1
SetEnvIf X-Word "(.*)" WORD=$1
"""


@pytest.fixture(scope="module", autouse=True)
def site(server, pki):
    (server.root / "word").write_text("garex AG")
    rules = {name: raw for name, raw in LINES.items() if name not in REFUSED_BY_BOTH}
    rules |= {f"e{i}": f"SSLRequire {text}" for i, (_, text) in enumerate(TABLE)}
    server.configure(HOST + locations(rules) + "\n</VirtualHost>\n", modules="dir remoteip setenvif")
    server.start()


@pytest.fixture(scope="module")
def people(pki):
    made = {name: pki.ca.client(subject) for name, subject in SUBJECTS.items()}
    made["dns"] = pki.ca.client("/CN=d", san=["DNS:some.host.name"])
    made["lemons"] = pki.ca.client("/CN=Lemon", extensions=LEMONS)
    made["nobody"] = None
    return made


def asked(connection, headers, directive, names):
    """The names of those lines that let the request in."""
    statuses = {name: connection.get(f"/{directive}/{name}", headers).status for name in names}
    assert set(statuses.values()) <= {200, 403}, statuses
    return {name for name, status in statuses.items() if status == 200}


def both(connection, headers):
    """What mod_ssl and what the module lets in, both asked within one hour."""
    names = LINES.keys() - REFUSED_BY_BOTH
    while True:
        hour = time.localtime()[:4]
        theirs = asked(connection, headers, "ssl", names - OURS_ALONE)
        ours = asked(connection, headers, "ours", names)
        if time.localtime()[:4] == hour:
            return theirs, ours


REQUESTS = [{}, {"Host": "domain.tld"}, {"X-Real-IP": "192.76.162.9"}]


def test_every_public_line_decides_as_under_sslrequire(server, people):
    let_in, denied = set(), 0
    server.allow_log("AH02229")  # mod_ssl's own line
    server.allow_log("CC0101")
    for who, cert in people.items():
        with server.tls(cert) as connection:
            for headers in REQUESTS:
                theirs, ours = both(connection, headers)
                assert ours - OURS_ALONE == theirs, f"{who} {headers}"
                assert ("R004" in ours) == (who == "lemons")
                assert ALWAYS <= ours and not NEVER & ours
                let_in |= ours
                denied += len(LINES) - len(REFUSED_BY_BOTH) - len(ours)
    # Each line has decided both ways, but for those that cannot.
    assert let_in == LINES.keys() - REFUSED_BY_BOTH - NEVER
    assert denied > 500


def test_a_line_that_sslrequire_refuses_is_refused(server):
    for name in REFUSED_BY_BOTH:
        for directive in ("SSLRequire", "ClientCertRequire"):
            line = LINES[name].replace("SSLRequire", directive)
            checked = server.check(f"{HOST}<Location />\n{line}\n</Location>\n</VirtualHost>")
            assert checked.returncode != 0
            assert directive in checked.stderr and "syntax error" in checked.stderr


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_every_construct_of_the_language_decides_as_under_sslrequire(server, people, pki, tls):
    wrong, refused = [], 0
    for letter, cert in (("A", pki.alice), ("L", people["lemons"]), ("-", None)):
        with server.tls(cert, version=tls) as connection:
            for i, (who, text) in enumerate(TABLE):
                headers = {"User-Agent": "tester/1.0", "X-Word": "garex AG"}
                found = [connection.get(f"/{directive}/e{i}", headers).status for directive in ("ssl", "ours")]
                expected = 200 if letter in who else 403
                refused += expected == 403
                if found != [expected] * 2:
                    wrong.append((letter, text, *found))
    server.allow_log("AH02229")
    assert not wrong, "\n".join(map(str, wrong))
    denials(server, refused)


@pytest.mark.parametrize("name", ["SSL_CLIENT_SAN_EMAIL_0", "ssl_client_san_email_0", "SSL_CLIENT_san_dns_0",
                                  "ssl_client_verify", "ssl_client_S_dn_CN", "ssl_client_m_serial",
                                  "SSL_CLIENT_cert_chain_0", "ssl_client_SAN_other_msUPN_0"])
def test_a_name_may_be_spelled_as_freely_as_with_mod_ssl(server, name):
    """Upper or lower case of the fixed parts made no difference; nobody's rules may break over it."""
    checked = server.check(f'{HOST}ClientCertRequire %{{{name}}} eq "x"\n</VirtualHost>')
    assert checked.returncode == 0, checked.stderr


def test_a_denial_names_the_line_and_its_values(server, people):
    with server.tls(people["dev"]) as connection:
        assert connection.get("/ours/R010").status == 403
    found = denials(server, 1)[0]
    assert found.rule.at == server.line_of("</Location>").rpartition(":")[0] + ":" + line_number(server, "R010")
    assert re.sub(r"\s+", " ", found.rule.text) == \
        '%{SSL_CLIENT_S_DN_O} eq "Snake Oil, Ltd." and %{SSL_CLIENT_S_DN_OU} in {"Staff", "CA", "Dev"}'
    assert found.rule.values == {"SSL_CLIENT_S_DN_O": "Snake Oil, Ltd.", "SSL_CLIENT_S_DN_OU": "Sales"}


def line_number(server, name):
    """Of the last line of the directive: a line that is continued ends there for httpd."""
    lines = server.site.read_text().splitlines()
    at = lines.index(f"<Location /ours/{name}>") + 2
    while lines[at - 1].endswith("\\"):
        at += 1
    return str(at)
