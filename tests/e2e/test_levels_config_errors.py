# SPDX-License-Identifier: Apache-2.0
"""What `httpd -t` refuses of ClientCertVerify and what has to fit it, and of ClientCertCA: it says what, where,
which value, and what would be right."""
import re
import textwrap

import pytest
from harness.complaint import ANYWHERE, complaint

HOST = "<VirtualHost *:1>\n{}\n</VirtualHost>"
LOCATION = "<Location /x>\n{}\n</Location>"
TLS = """
<VirtualHost *:${{https}}>
    Include ${{tls}}
    SSLCACertificateFile ${{ca}}
    {}
</VirtualHost>
"""
SECTIONS = ["<Location /x>", "<LocationMatch ^/x>", "<Directory ${htdocs}>", "<Files x>", "<If true>",
            "<Location /x>\n<If true>", "<Directory ${htdocs}>\n<Files x>", '<Proxy "*">']


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("ClientCertEnv Off", modules="headers proxy auth_basic authn_file authz_user", ports="http https")


def section(start, line):
    """A line in sections, however many."""
    kinds = re.findall(r"<(\w+)", start)
    return "\n".join([start, line, *(f"</{kind}>" for kind in reversed(kinds))])


def host(*lines):
    return TLS.format("\n".join(lines))


def accepted(server, text):
    checked = server.check(text)
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n"), text


def place(server, text, line):
    """`FILE:LINE` of a line."""
    lines = [one.strip() for one in textwrap.dedent(text).strip("\n").splitlines()]
    assert lines.count(line) == 1, line
    return f"{server.root}/checked-site.conf:{lines.index(line) + 1}"


def refused(server, text, *words, line=None, times=1):
    """Each message says where the level stands, and where what does not fit it."""
    checked = server.check(text)
    assert checked.returncode != 0 and "Syntax OK" not in checked.stderr, checked.stderr
    found = [message for message in checked.stderr.splitlines() if "CC0004" in message]
    assert len(found) == times, checked.stderr
    for message in found:
        assert message.isascii() and message.isprintable()
        for word in words:
            assert word in message, message
        if line:
            assert place(server, text, line) in message, message
    return found[0]


# -- the lines themselves ------------------------------------------------------------------------

@pytest.mark.parametrize("word", ["ssl", "off", "0", "Off", "SSL"])
@pytest.mark.parametrize("context", [ANYWHERE, HOST])
def test_a_level_that_needs_nothing(server, word, context):
    accepted(server, context.format(f"ClientCertVerify {word}"))


@pytest.mark.parametrize("word,verify", [("report", "optional_no_ca"), ("1", "optional_no_ca"), ("Report", "Optional_No_CA"),
                                         ("require", "require"), ("2", "require"), ("REQUIRE", "Require"),
                                         *[(level, verify) for level in ("ssl", "off", "0")
                                           for verify in ("none", "optional", "require", "optional_no_ca")]])
def test_a_level_with_what_it_needs(server, word, verify):
    accepted(server, host(f"ClientCertVerify {word}", f"SSLVerifyClient {verify}"))
    accepted(server, host(f"SSLVerifyClient {verify}", f"ClientCertVerify {word}"))


@pytest.mark.parametrize("words, shown", [
    ("", ""), ('""', ""), ("maybe", '"maybe"'), ("3", '"3"'), ("-1", '"-1"'), ("00", '"00"'), ("On", '"On"'), ("none", '"none"'),
    ("reports", '"reports"'), ("report require", ""), ("optional_no_ca", '"optional_no_ca"'), ('"report "', '"report "'),
    ("1.0", '"1.0"'), ("\"re\x01port\"", "x01"),
])
def test_an_unknown_level(server, words, shown):
    for context in ANYWHERE, HOST:
        message = complaint(server, f"ClientCertVerify {words}", context)
        assert message.startswith("ClientCertVerify") and shown in message
        for word in "ssl", "off", "report", "require":
            assert word in message, message


@pytest.mark.parametrize("number", ["0", "1", "9", "100"])
def test_a_depth(server, number):
    for context in ANYWHERE, HOST:
        accepted(server, context.format(f"ClientCertVerifyDepth {number}"))


@pytest.mark.parametrize("words, shown", [
    ("", ""), ('""', ""), ("deep", '"deep"'), ("-1", '"-1"'), ("1.5", '"1.5"'), ("1 2", ""), ("0x2", '"0x2"'), ("+1", '"+1"'),
    ("101", '"101"'), ("4294967297", '"4294967297"'), ("99999999999999999999", '"99999999999999999999"'), ('" 1"', '" 1"'),
])
def test_no_depth(server, words, shown):
    message = complaint(server, f"ClientCertVerifyDepth {words}")
    assert message.startswith("ClientCertVerifyDepth takes") and shown in message
    assert not shown or "number" in message


@pytest.mark.parametrize("line", ["ClientCertVerify off", "ClientCertVerifyDepth 2"])
@pytest.mark.parametrize("start", SECTIONS)
def test_not_in_directories(server, line, start):
    checked = server.check(section(start, line))
    assert checked.returncode == 1 and f"{line.split()[0]} not allowed" in checked.stderr, checked.stderr


# -- SSLVerifyClient ---------------------------------------------------------------------------

NEEDS = {"report": "optional_no_ca", "1": "optional_no_ca", "require": "require", "2": "require"}
OTHERS = [(level, verify) for level, needed in NEEDS.items()
          for verify in ("none", "optional", "require", "optional_no_ca") if verify != needed]


@pytest.mark.parametrize("level", NEEDS)
def test_a_host_without_what_its_level_needs(server, level):
    line = f"ClientCertVerify {level}"
    refused(server, host(line), f'"{line}"', f'"SSLVerifyClient {NEEDS[level]}"', line=line)


@pytest.mark.parametrize("level,verify", OTHERS)
def test_a_host_with_something_else(server, level, verify):
    line, other = f"ClientCertVerify {level}", f"SSLVerifyClient {verify}"
    for lines in ([line, other], [other, line]):
        text = host(*lines)
        message = refused(server, text, f'"{line}"', f'"SSLVerifyClient {NEEDS[level]}"', f'"{other}"', line=line)
        assert place(server, text, other) in message


@pytest.mark.parametrize("level,verify", [case for case in OTHERS if case[0] in ("report", "require")])
def test_a_directory_with_something_else(server, level, verify):
    """Whichever asks for less or for more: mod_ssl would decide there, or nobody."""
    for start in SECTIONS:
        line, other = f"ClientCertVerify {level}", f"SSLVerifyClient {verify}"
        text = host(line, f"SSLVerifyClient {NEEDS[level]}", section(start, other))
        message = refused(server, text, f'"{line}"', f'"SSLVerifyClient {NEEDS[level]}"', line=line)
        assert place(server, text, other) in message, message


@pytest.mark.parametrize("level", ["report", "require"])
def test_a_directory_that_says_the_same_fits(server, level):
    sections = [section(start, line) for start in SECTIONS for line in (f"SSLVerifyClient {NEEDS[level]}", "SSLVerifyDepth 1")]
    accepted(server, host(f"ClientCertVerify {level}", f"SSLVerifyClient {NEEDS[level]}", *sections))


@pytest.mark.parametrize("level,verify", [("report", "optional"), ("require", "none")])
def test_lines_of_the_main_server_count_where_a_host_has_none(server, level, verify):
    line, other, right = f"ClientCertVerify {level}", f"SSLVerifyClient {verify}", f"SSLVerifyClient {NEEDS[level]}"
    accepted(server, f"{right}\n" + host(line))
    accepted(server, f"{right}\n{line}\n" + host("ServerName a") + host("ServerName b"))
    accepted(server, f"{other}\n" + host(line, right))
    accepted(server, f"{line}\n" + host(right) + host("ClientCertVerify ssl", other) + host(other, "ClientCertVerify off"))
    refused(server, f"{other}\n" + host(line), f'"{other}"', line=line)
    refused(server, f"{line}\n{other}\n" + host("ServerName a"), f'"{other}"', line=line)
    refused(server, f"{line}\n{right}\n" + host(other), f'"{other}"', line=other)
    refused(server, f"{right}\n" + host(line, other), f'"{other}"', line=other)


@pytest.mark.parametrize("level,verify", [("report", "require"), ("require", "optional")])
def test_directories_of_the_main_server_are_directories_of_each_host(server, level, verify):
    line, other = f"ClientCertVerify {level}", f"SSLVerifyClient {verify}"
    for start in "<Directory ${htdocs}>", "<Location /x>", "<Files x>":
        text = section(start, other) + "\n" + host(line, f"SSLVerifyClient {NEEDS[level]}")
        assert place(server, text, other) in refused(server, text, line=line)
        # One that no host with such a level has is nobody's business.
        accepted(server, host(line, f"SSLVerifyClient {NEEDS[level]}") + host(section(start, other)))


def test_the_last_line_counts(server):
    accepted(server, host("SSLVerifyClient require", "ClientCertVerify report", "SSLVerifyClient optional_no_ca"))
    accepted(server, host("ClientCertVerify report", "ClientCertVerify off", "SSLVerifyClient require"))
    refused(server, host("SSLVerifyClient optional_no_ca", "ClientCertVerify report", "SSLVerifyClient require"),
            '"SSLVerifyClient require"')
    refused(server, host("ClientCertVerify off", "ClientCertVerify report", "SSLVerifyClient require"))


def test_all_is_told_at_once(server):
    """Nobody has to start a server five times to learn five things."""
    text = host("ClientCertVerify report", "SSLVerifyClient require", section("<Location /a>", "SSLVerifyClient optional"),
                "SSLUserName SSL_CLIENT_S_DN_CN", "SSLOptions +FakeBasicAuth") + host("ClientCertVerify require")
    refused(server, text, "ClientCertVerify", times=5)


def test_hosts_in_clear_are_not_looked_at(server):
    for level in "report", "require":
        accepted(server, HOST.format(f"ClientCertVerify {level}"))
        accepted(server, HOST.format(f"ClientCertVerify {level}\nSSLEngine off\nSSLVerifyClient optional"))
        accepted(server, f"ClientCertVerify {level}\n" + HOST.format("ServerName a"))
        accepted(server, f"SSLEngine on\nClientCertVerify {level}\nSSLVerifyClient {NEEDS[level]}\n"
                 + HOST.format("SSLEngine off\nSSLVerifyClient none"))


@pytest.mark.parametrize("level", ["report", "require"])
def test_tls_by_other_lines_than_the_hosts_own(server, level):
    """SSLEngine of the main server, `optional`, and a port that is https by its Listen line."""
    line = f"ClientCertVerify {level}"
    refused(server, "SSLEngine on\n" + HOST.format(line), line=line)
    refused(server, HOST.format(f"SSLEngine optional\n{line}"), line=line)
    refused(server, "Listen 127.0.0.1:2 https\n<VirtualHost *:2>\n" + line + "\n</VirtualHost>", line=line)
    refused(server, f"SSLEngine on\n{line}\nSSLVerifyClient none")  # the main server itself


# -- what does not go together with report -------------------------------------------------------

REPORT = ("ClientCertVerify report", "SSLVerifyClient optional_no_ca")
ACTS = ["SSLUserName SSL_CLIENT_S_DN_CN", "SSLOptions +FakeBasicAuth", "SSLOptions FakeBasicAuth", "SSLOptions +fakebasicauth",
        "SSLOptions +StrictRequire +FakeBasicAuth", "SSLOptions +OptRenegotiate", "SSLOptions -StrictRequire +OptRenegotiate"]


@pytest.mark.parametrize("line", ACTS)
def test_what_would_act_on_a_certificate_that_is_not_verified(server, line):
    option = next((name for name in ("FakeBasicAuth", "OptRenegotiate") if name.lower() in line.lower()), "SSLUserName")
    for text in [host(*REPORT, line), host(line, *REPORT), f"{line}\n" + host(*REPORT),
                 *(host(*REPORT, section(start, line)) for start in SECTIONS[::3]),
                 section("<Directory ${htdocs}>", line) + "\n" + host(*REPORT)]:
        message = refused(server, text, '"ClientCertVerify report"', f'"{line}"', line=REPORT[0])
        assert place(server, text, line) in message and option.lower() in message.lower()


@pytest.mark.parametrize("line", ["SSLOCSPEnable on", "SSLOCSPEnable leaf"])
def test_ocsp_ends_handshakes(server, line):
    for text in host(*REPORT, line), host(line, *REPORT), f"{line}\n" + host(*REPORT):
        refused(server, text, '"ClientCertVerify report"', "SSLOCSPEnable", line=REPORT[0])


@pytest.mark.parametrize("line", ["SSLOptions -FakeBasicAuth", "SSLOptions -OptRenegotiate -FakeBasicAuth", "SSLOptions +StrictRequire",
                                  "SSLOptions +LegacyDNStringFormat", "SSLOCSPEnable off"])
def test_what_does_no_harm(server, line):
    accepted(server, host(*REPORT, line))


@pytest.mark.parametrize("line", [*ACTS, "SSLOCSPEnable on"])
@pytest.mark.parametrize("level,verify", [("ssl", "optional"), ("off", "optional"), ("require", "require")])
def test_other_levels_go_together_with_all_of_it(server, line, level, verify):
    accepted(server, host(f"ClientCertVerify {level}", f"SSLVerifyClient {verify}", line))


def test_who_undoes_it_may_report(server):
    """What the main server says and a host takes back does not hold there."""
    accepted(server, "SSLOCSPEnable on\n" + host(*REPORT, "SSLOCSPEnable off"))


@pytest.mark.parametrize("line", ["SSLOptions +StdEnvVars", "SSLOptions +ExportCertData", "SSLOptions +StdEnvVars +ExportCertData"])
def test_what_shows_unverified_values_is_warned_of(make_server, line):
    """At the check, and once at each start; with the place, and with what shows verified ones."""
    server = make_server()
    text = host(*REPORT, section("<Location /x>", line))
    server.configure(text, ports="https", modules="headers")
    checked = server.check()
    assert checked.returncode == 0
    server.start()
    options = line.count("+")
    told = server.expect_log("CC0005", times=options)
    for message in told:
        assert ":warn]" in message and "ClientCertEnv" in message and f'"{line}"' in message
        assert '"ClientCertVerify report"' in message and server.line_of(line) in message
    assert checked.stderr.count("CC0005") == options and server.line_of(line) in checked.stderr
    server.stop()


def test_values_of_verified_certificates_are_not_warned_of(server):
    for level, verify in ("ssl", "optional_no_ca"), ("off", "optional"), ("require", "require"):
        accepted(server, host(f"ClientCertVerify {level}", f"SSLVerifyClient {verify}", "SSLOptions +StdEnvVars +ExportCertData"))
    accepted(server, host(*REPORT, "SSLOptions -StdEnvVars -ExportCertData"))


# -- .htaccess ---------------------------------------------------------------------------------

HTACCESS = """
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient VERIFY
        ClientCertVerify LEVEL
        <Directory ${htdocs}>
            AllowOverride All
        </Directory>
    </VirtualHost>
"""


@pytest.mark.parametrize("level,lines", [
    ("report", ["SSLVerifyClient require", "SSLVerifyClient none", "SSLUserName SSL_CLIENT_S_DN_CN", "SSLOptions +FakeBasicAuth",
                "SSLOptions +OptRenegotiate", "ClientCertVerify off", "ClientCertVerifyDepth 9", "ClientCertCA ${ca}"]),
    ("require", ["SSLVerifyClient optional", "SSLVerifyClient none", "ClientCertVerify ssl"]),
])
def test_an_htaccess_file_cannot_undo_a_level(make_server, pki, level, lines):
    server = make_server()
    server.configure(HTACCESS.replace("LEVEL", level).replace("VERIFY", NEEDS[level]), ports="https")
    for number, line in enumerate(lines):
        server.htaccess(f"d{number}", line.replace("${ca}", str(pki.ca.cert)) + "\n")
    server.htaccess("right", f"SSLVerifyClient {NEEDS[level]}\nClientCertRequire %{{SSL_CLIENT_VERIFY}} eq \"SUCCESS\"\n")
    server.start()
    for number, line in enumerate(lines):
        with server.tls(pki.alice, version="1.2") as connection:
            assert (line, connection.get(f"/d{number}/index.html").status) == (line, 500)
        message = server.expect_log(f"d{number}/.htaccess")
        assert line.split()[0] in message, message
    with server.tls(pki.alice, version="1.2") as connection:
        assert connection.get("/right/index.html").status == 200
    server.stop()


# -- ClientCertCA --------------------------------------------------------------------------------

def test_the_authorities_of_a_directory(server):
    folder = server.page("cas/one.pem", server.pki.ca.cert.read_text()).parent
    lines = [f"ClientCertCA {path}" for path in (server.pki.ca.cert, folder, "htdocs/cas", "htdocs/cas/one.pem")]
    for line in lines:
        accepted(server, line)
    for text in [HOST.format(lines[0]), *(section(start, lines[0]) for start in SECTIONS)]:
        accepted(server, text)


def test_no_authorities(server):
    server.page("nocas/empty.pem", "")
    server.page("nocas/text.pem", "no certificate\n")
    server.page("nocas/torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    server.page("onlytext/readme.txt", "nothing here\n")
    (server.htdocs / "nothing").mkdir(exist_ok=True)
    for path in ["/nonexistent/ca.pem", "nonexistent.pem", server.pki.server.key, f"{server.htdocs}/onlytext", f"{server.htdocs}/nothing",
                 *(f"{server.htdocs}/nocas/{name}.pem" for name in ("empty", "text", "torn"))]:
        for context in ANYWHERE, LOCATION:
            message = complaint(server, f"ClientCertCA {path}", context)
            assert message.startswith("ClientCertCA takes") and str(path) in message and "certificate" in message, message


@pytest.mark.parametrize("words", ["", '""', "a.pem b.pem", '"a\x01b"'])
def test_not_one_path_of_authorities(server, words):
    message = complaint(server, f"ClientCertCA {words}")
    assert message.startswith("ClientCertCA takes"), message
