# SPDX-License-Identifier: Apache-2.0
"""Mistakes that the dump warns of: each is shown once with its place, and not where all is right."""
import os
import re
from pathlib import Path

import pytest
from harness import crls, odd_names
from harness.dump import dump

HOST = """\
<VirtualHost *:${https}>
Include ${tls}
SSLCACertificateFile ${ca}
SSLVerifyClient LEVEL
TEXT
</VirtualHost>
"""
MODULES = "alias headers auth_basic authn_file authz_host authz_user access_compat setenvif rewrite http2"
MAP = 'ClientCertMap staff subject:CN "(.*)" "$1"'
USED = '<Location "/used">\nClientCertUseMap staff\n</Location>'
ASKED = '<Location "/a">\nRequire clientcert\n</Location>'
# The check, what is wrong (with !! before the line at fault), what is right, words of the warning, and
# SSLVerifyClient of the virtual host where it is not optional.
CASES = [
    ("unused-map", f"!!{MAP}", f"{MAP}\n{USED}", '"staff"'),
    ("unused-map", f"!!{MAP}\n" + MAP.replace("staff", "x") + "\n" + USED.replace("staff", "x"), f"{MAP}\n{USED}", '"staff"'),
    ("unreachable-rule", f'{USED}\n{MAP}\n!!ClientCertMap staff subject:CN "(.*)" "me"',
     f'{USED}\n{MAP}\nClientCertMap staff san:email "(.*)" "$1"', "never decides: the one at"),
    ("satisfied-by-anything", "<Location />\nSatisfy Any\n!!Require clientcert\n</Location>",
     "<Location />\nSatisfy All\nRequire clientcert\n</Location>", "ClientCertRequire"),
    ("satisfied-by-anything", '<Location />\nSatisfy Any\nAllow from all\n!!ClientCertRequire %{CLIENTCERT_VERIFY} eq "SUCCESS"\n</Location>',
     '<Location />\nAllow from all\nClientCertRequire %{CLIENTCERT_VERIFY} eq "SUCCESS"\n</Location>', "in spite of"),
    ("never-true", '!!ClientCertRequire "a" eq "b"', 'ClientCertRequire "a" eq "a"', "lets nobody in"),
    ("never-true", 'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "A"\n<Location /a>\n!!ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "B" and '
     '%{SSL_CLIENT_S_DN_C} eq "D"\n</Location>',
     'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "A" or %{SSL_CLIENT_S_DN_O} eq "B"\nClientCertRequire %{SSL_CLIENT_S_DN_O} eq "B"',
     'SSL_CLIENT_S_DN_O cannot be "B" here and "A" at'),
    ("never-true", '<Location />\n<RequireAll>\nRequire clientcert-dn "CN=a"\n!!Require clientcert-dn "CN=b"\n</RequireAll>\n</Location>',
     '<Location />\n<RequireAny>\nRequire clientcert-dn "CN=a"\nRequire clientcert-dn "CN=b"\n</RequireAny>\n</Location>', "<RequireAny>"),
    ("unknown-variable", '!!LogFormat "%{CLIENTCERT_NOPE}e" x', 'LogFormat "%{CLIENTCERT_USER}e" x', "CLIENTCERT_NOPE"),
    ("unknown-variable", "<Location />\n!!Require expr \"%{SSL_CLIENT_S_DN_OO} == 'x'\"\n</Location>",
     "<Location />\nRequire expr \"%{SSL_CLIENT_S_DN_OU} == 'x'\"\n</Location>", "SSL_CLIENT_S_DN_OO"),
    ("unknown-issuer", '<Location />\n!!Require clientcert-issuer "CN=Test CB,O=Test"\n</Location>',
     '<Location />\nRequire clientcert-issuer "CN=Test CA,O=Test"\n</Location>', "SSLVerifyDepth"),
    ("unknown-issuer", '<Location />\n!!Require clientcert-issuer "CN=Sub CA"\n</Location>',
     'SSLVerifyDepth 2\n<Location />\nRequire clientcert-issuer "CN=Sub CA"\n</Location>', "SSLVerifyDepth"),
    ("rule-for-methods", '<Location />\n<Limit PUT>\n!!ClientCertRequire %{CLIENTCERT_VERIFY} eq "SUCCESS"\n</Limit>\n</Location>',
     '<Location />\nClientCertRequire %{CLIENTCERT_VERIFY} eq "SUCCESS"\n</Location>', "REQUEST_METHOD"),
    ("forgeable-header", '<Location /a>\n!!RequestHeader set X-DN "%{SSL_CLIENT_S_DN}s"\n</Location>',
     'RequestHeader unset X-DN\n<Location /a>\nRequestHeader set X-DN "%{SSL_CLIENT_S_DN}s"\n</Location>', "ClientCertHeader X-DN"),
    ("forgeable-header", '!!RequestHeader set X-DN "%{SSL_CLIENT_S_DN}s" env=there', 'RequestHeader set X-DN "%{SSL_CLIENT_S_DN}s"',
     "the virtual host at"),
    ("forgeable-header", '!!RequestHeader set X-DN "%{SSL_CLIENT_S_DN}s"\n</VirtualHost>\n<VirtualHost *:${http}>',
     'RequestHeader set X-DN "%{SSL_CLIENT_S_DN}s"\n</VirtualHost>\n<VirtualHost *:${http}>\nRedirect permanent / https://localhost/',
     "the virtual host at"),
    ("forgeable-header", '!!RequestHeader add X-DN "%{SSL_CLIENT_S_DN}s"', 'RequestHeader set X-Other "%{TIME}s"', '"add" keeps'),
    ("header-taken-out", 'ClientCertHeader X-DN "%{SSL_CLIENT_S_DN}"\n<Location />\n!!Require expr "%{HTTP:X-DN} == \'x\'"\n</Location>',
     'ClientCertHeader X-DN "%{SSL_CLIENT_S_DN}"\n<Location />\nRequire expr "%{HTTP:X-DM} == \'x\'"\n</Location>', "always empty"),
    ("header-taken-out", "ClientCertForward rfc9440\n!!SetEnvIf client_cert . there=1", "ClientCertForward rfc9440\nSetEnvIf Host . a=1",
     "always empty"),
    ("user-of-nothing", "<Location />\n!!AuthType ClientCert\nRequire valid-user\n</Location>",
     "<Location />\nAuthType ClientCert\nClientCertUser subject:CN\nRequire valid-user\n</Location>", "ClientCertUser or"),
    ("user-of-nothing", "<Location />\nBASIC\n!!ClientCertBasicAuth same-user\n</Location>",
     "<Location />\nBASIC\nClientCertBasicAuth same-user\nClientCertUser subject:CN\n</Location>", "ClientCertUser or"),
    ("password-of-nobody", "<Location />\nAuthType ClientCert\n!!ClientCertBasicAuth both\n</Location>",
     "<Location />\nBASIC\nClientCertBasicAuth both\n</Location>", "AuthType Basic"),
    ("password-of-nobody", "<Location />\nAuthType Basic\nAuthName a\n!!ClientCertBasicAuth both\n</Location>",
     "<Location />\nBASIC\nClientCertBasicAuth both\n</Location>", "AuthUserFile"),
    ("password-of-nobody", "<Location />\nBASIC\nClientCertUser subject:CN\n!!ClientCertBasicAuth fallback\n</Location>",
     "<Location />\nBASIC\nClientCertUser subject:CN\nClientCertBasicAuth fallback\nRequire valid-user\n</Location>", "Require valid-user"),
    ("password-of-nobody", "<Location />\nBASIC\nClientCertUser subject:CN\n!!ClientCertBasicAuth fallback\nRequire all granted\n</Location>",
     "<Location />\nBASIC\nClientCertUser subject:CN\nClientCertBasicAuth both\nRequire all granted\n</Location>", "all are let in"),
    ("unfit-authority", "<Location />\n!!ClientCertCA ${expired}\n</Location>", "<Location />\nClientCertCA ${ca}\n</Location>", "expired at"),
    ("unfit-authority", "!!SSLCACertificateFile ${leaf}", "", "is no CA"),
    ("unfit-authority", "!!ClientCertCRLIssuer ${soon}\nClientCertCRL ${crls}", "ClientCertCRLIssuer ${ca}\nClientCertCRL ${crls}", "expires at"),
    ("crl-of-stranger", "!!ClientCertCRL ${strange}", "ClientCertCRL ${strange}\nClientCertCRLIssuer ${stranger}", "ClientCertCRLIssuer"),
    ("crl-of-stranger", "!!ClientCertCRL ${strange}", "SSLCACertificateFile ${root}/users\nClientCertCRL ${strange}", "is of no CA"),
    ("crl-of-stranger", "!!ClientCertCRL ${overdue}", "ClientCertCRL ${crls}", "is overdue"),
    ("crl-of-stranger", "!!ClientCertCRL ${leaf}", "ClientCertCRL ${crls}", "cannot be used"),
    ("crl-setting-without-crl", "!!ClientCertCRLPolicy scope=leaf", "ClientCertCRLPolicy scope=leaf\nClientCertCRL ${crls}", "no ClientCertCRL"),
    ("crl-setting-without-crl", "!!ClientCertCRLIssuer ${ca}", "ClientCertCRLIssuer ${ca}\nClientCertCRL ${crls}", "no ClientCertCRL"),
    ("crl-setting-without-crl", "!!ClientCertCRL cdp", "ClientCertCRL cdp\nClientCertCRLHosts x.example.org", "ClientCertCRLHosts"),
    ("crl-setting-without-crl", "ClientCertCRL ${crls}\n!!ClientCertCRLHosts x.example.org", "ClientCertCRL ${crls}", "cdp"),
    ("proxies-are-many", "!!ClientCertTrustedProxy 192.0.2.1 192.0.0.0/2\nClientCertFrom xfcc",
     "ClientCertTrustedProxy 10.0.0.0/8\nClientCertFrom xfcc", "192.0.0.0/2"),
    ("open-page", "<Location /status>\nRequire all granted\n!!SetHandler clientcert-status\n</Location>",
     "<Location /status>\nSetHandler clientcert-status\nRequire clientcert\n</Location>", "Require ip"),
    ("rules-for-everybody", "!!ClientCertExplainTo true", "ClientCertExplainTo %{REMOTE_ADDR} eq '127.0.0.1'", "to everybody"),
    ("asked-too-late", f"<Location />\n!!SSLVerifyClient require\n</Location>\n{ASKED}", ASKED, "optional", "none"),
    ("asked-too-late", "<Location />\n!!SSLVerifyClient require\n</Location>", "<Location />\nSSLVerifyClient none\n</Location>", "HTTP/2"),
    ("asked-of-nobody", "<Location />\n!!Require clientcert\n</Location>", "<Location />\nRequire all granted\n</Location>", "SSLVerifyClient optional", "none"),
    ("asked-of-nobody", "ClientCertVerify off\n<Location />\n!!Require clientcert\n</Location>", ASKED, "ClientCertVerify off"),
    ("tolerated-but-unjudged", "", f"{ASKED}", "forged ones too", "optional_no_ca"),
    ("tolerated-but-unjudged", "", "ClientCertForward webmux", "forged ones too", "optional_no_ca"),
    ("tolerated-but-unjudged", "<Location />\n!!SSLVerifyClient optional_no_ca\n</Location>",
     "<Location />\nSSLVerifyClient optional_no_ca\nRequire clientcert\n</Location>", "Require clientcert"),
]


# What people write, a virtual host each: SSLVerifyClient, and lines. !!CHECK begins a line that is
# warned of; no other is. DOWN stands for a certificate's fingerprint.
PIECES = [
    # Each of these looks at the verdict.
    ("optional_no_ca", '<Location /a>\nSSLRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"\n</Location>'),
    ("optional_no_ca", "RewriteEngine on\nRewriteCond %{SSL:SSL_CLIENT_VERIFY} !^SUCCESS$\nRewriteRule .* - [F]"),
    ("optional_no_ca", "<If \"%{SSL_CLIENT_VERIFY} != 'SUCCESS'\">\nRequire all denied\n</If>"),
    ("optional_no_ca", "<Location />\nRequire expr \"%{SSL_CLIENT_VERIFY} == 'SUCCESS'\"\n</Location>"),
    ("optional_no_ca", "<Location />\nRequire person\n</Location>"),
    ("!!tolerated-but-unjudged optional_no_ca", '<Location />\nClientCertRequire %{REMOTE_ADDR} eq "::1"\n</Location>'),
    ("!!tolerated-but-unjudged optional_no_ca", '<Location />\nSSLRequire %{SSL_CLIENT_S_DN_O} eq "A"\n</Location>'),
    ("!!tolerated-but-unjudged optional_no_ca", "<Location />\nRequire expr \"%{SSL_CLIENT_S_DN_O} == 'A'\"\n</Location>"),
    ("optional_no_ca", "<Location />\nRequire clientcert-expr %{SSL_CLIENT_S_DN_O} == 'A'\n</Location>"),
    # Other ways in beside the certificate, and none.
    ("none", "<Location />\nRequire ip 192.0.2.1\nRequire clientcert\n</Location>"),
    ("none", "<Location />\n<RequireAll>\nRequire all granted\nRequire not clientcert\n</RequireAll>\n</Location>"),
    ("none", '<Location />\nClientCertRequire %{SSL_CLIENT_VERIFY} eq "NONE"\n</Location>'),
    ("none", "<Location />\n<RequireAll>\nRequire ip 192.0.2.1\n!!asked-of-nobody Require person\n</RequireAll>\n</Location>"),
    ("none", "<Location />\n!!asked-of-nobody AuthType ClientCert\nClientCertUser subject:CN\nRequire valid-user\n</Location>"),
    ("none", '<Location />\n!!asked-of-nobody ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "A"\n</Location>'),
    ("none", "SSLProtocol TLSv1.2\n<Location />\nSSLVerifyClient require\n</Location>"),
    ("none", "SSLProtocol all -TLSv1.2\n<Location />\n!!asked-too-late SSLVerifyClient require\n</Location>"),
    # What Satisfy Any gets round.
    ("optional", "<Location />\nSatisfy Any\n</Location>\n<Location /a>\n!!satisfied-by-anything Require person\n</Location>"),
    ("optional", '<Location />\nSatisfy Any\n!!satisfied-by-anything SSLRequire %{SSL_CLIENT_S_DN_O} eq "A"\n</Location>'),
    ("optional", 'SSLOptions +StrictRequire\n<Location />\nSatisfy Any\nSSLRequire %{SSL_CLIENT_S_DN_O} eq "A"\n</Location>'),
    ("optional", "<Location />\nSatisfy Any\nAuthType Basic\nAuthName a\nAuthUserFile users\nRequire valid-user\n</Location>"),
    # Rules that nobody fulfils, and those that look like it.
    ("optional", '<Location />\n!!never-true ClientCertRequire %{SSL_CLIENT_VERIFY} eq "GENEROUS"\n</Location>'),
    ("optional", '<Location />\n!!never-true ClientCertRequire %{CLIENTCERT_SERIAL} in {"0a", "0b"}\n</Location>'),
    ("optional", '<Location />\n!!never-true Require clientcert-expr %{CLIENTCERT_REASON} eq "late"\n</Location>'),
    ("optional", '<Location />\n!!never-true ClientCertRequire %{SSL_CLIENT_VERIFY} eq "NONE" and %{SSL_CLIENT_S_DN_O} eq "A"\n</Location>'),
    ("optional", '<Location />\n!!never-true ClientCertRequire (%{SSL_CLIENT_S_DN_O} eq "A" and %{SSL_CLIENT_S_DN_O} in {"B", "C"})\n</Location>'),
    ("optional", '<Location />\nClientCertRequire %{SSL_CLIENT_S_DN_O} in {"A", "B"}\nClientCertRequire %{SSL_CLIENT_S_DN_O} eq "B"\n'
                 '</Location>\n<Location /a>\n!!never-true ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "C"\n</Location>'),
    ("optional", '<Location /a>\nClientCertRequire %{SSL_CLIENT_S_DN_O} eq "A"\n</Location>\n<Location /b>\n'
                 'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "B"\n</Location>'),
    ("optional", "<Location />\n<RequireAll>\nRequire clientcert-fingerprint sha256:DOWN\n"
                 "!!never-true Require clientcert-fingerprint sha256:00\n</RequireAll>\n</Location>".replace("00", "ab" * 32)),
    ("optional", "<Location />\n<RequireAll>\nRequire person\n!!never-true Require not clientcert\n</RequireAll>\n</Location>"),
    ("optional", '<Location />\n<RequireAll>\nRequire person\n!!never-true Require clientcert-dn "CN=Bob"\n</RequireAll>\n</Location>'),
    ("optional", '<Location />\n<RequireAll>\nRequire person\nRequire not clientcert-dn "CN=Bob"\n<RequireNone>\n'
                 'Require clientcert-issuer "CN=Bad CA"\n</RequireNone>\n</RequireAll>\n</Location>'),
    # Maps in which a rule takes all, and passwords that a section of another kind knows.
    ("optional", 'ClientCertMap m subject:CN "(.*)" "$1"\n!!unreachable-rule ClientCertMap m subject:CN alice admin\n'
                 "ClientCertMap m subject:UID .* $0\n!!unreachable-rule ClientCertMap m issuer=\"CN=A\" subject:UID a b\n"
                 "ClientCertMap m subject:UID a deny\n<Location />\nClientCertUseMap m\n</Location>"),
    ("optional", "<Directory /srv>\nAuthUserFile users\nAuthType Basic\nAuthName a\n</Directory>\n<Location /a>\nClientCertUser subject:CN\n"
                 "ClientCertBasicAuth fallback\nRequire valid-user\n</Location>"),
    # Of who signs CRLs nobody asks that it is a CA.
    ("optional", "ClientCertCRL ${crls}\nClientCertCRLIssuer ${signer}\n!!unfit-authority ClientCertCRLIssuer ${leaf}"),
    ("require", "<Location /a>\nSetHandler clientcert-status\n</Location>"),
    ("optional", "<Location /a>\n<Limit GET>\nRequire local\n</Limit>\nSetHandler clientcert-status\n</Location>"),
]
# Where each virtual host, or what it has, matters to the others.
OF_ALL_HOSTS = {"forgeable-header", "header-taken-out", "crl-of-stranger", "crl-setting-without-crl"}
SET = 'RequestHeader set X-DN "%{SSL_CLIENT_S_DN}s"'
OTHER = "</VirtualHost>\n<VirtualHost *:${http}>\n"
# The lines of the virtual host; whether a client can forge the header.
FORGED = [
    (f'<Location "/">\nRequestHeader unset X-DN\n</Location>\n<Location /a>\n{SET}\n</Location>', False),
    (f"RequestHeader unset X-DN early\n<Location /a>\n{SET}\n</Location>", False),
    (f'RequestHeader unset X-DN\n{SET.replace("set", "add")}', False),
    ('RequestHeader set X-DN "expr=%{SSL_CLIENT_S_DN}"', False),
    ('RequestHeader set X-DN "%{SSL_CLIENT_S_DN}s" "expr=%{REMOTE_ADDR} == \'::1\'"', True),
    (f"<Directory />\n{SET}\n</Directory>", True),
    (f"{SET}\n{OTHER}RewriteEngine on\nRewriteRule ^ https://%{{HTTP_HOST}}%{{REQUEST_URI}} [R=301,PT,L]", False),
    (f"{SET}\n{OTHER}RewriteEngine on\nRewriteRule ^/(.*) http://127.0.0.1:1/$1 [P]", True),
]


@pytest.fixture(scope="module", autouse=True)
def site(server, pki):
    folder = crls.folder(server)
    crls.publish(folder / "ca.crl", crls.crl(pki.ca))
    stranger = pki.authority("/CN=Strange CA")
    files = {name: crls.folder(server, name) for name in ("strange", "overdue")}
    crls.publish(files["strange"] / "a.crl", crls.crl(stranger))
    crls.publish(files["overdue"] / "a.crl", crls.crl(pki.ca, since="-2d", until="-1d"))
    (server.root / "users").write_text("a:b\n")
    signer = odd_names.issue(pki, "signer", "/CN=Signer", pki.ca, extensions="basicConstraints = CA:FALSE\nkeyUsage = cRLSign")
    server.configure("", modules=MODULES, signer=signer, clientcert=True, crls=folder, **files, stranger=stranger, leaf=pki.server,
                     expired=pki.authority("/CN=Late CA", valid=("-2d", "-1d")),
                     soon=pki.authority("/CN=Soon CA", valid=("-2d", "+9d")))


def host(text, verify="optional"):
    return HOST.replace("TEXT", text.replace("BASIC", "AuthType Basic\nAuthName a\nAuthUserFile users")).replace("LEVEL", verify)


def shown(server, text, verify="optional"):
    site = host(text, verify)
    number = next((n for n, line in enumerate(site.splitlines(), 1) if line.startswith("!!")), None)
    seen = dump(server, site.replace("!!", ""))
    assert seen.status == 0, seen.err
    return number, seen


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]}-{number}" for number, case in enumerate(CASES)])
def test_a_mistake(server, case):
    check, wrong, right, words, *verify = case
    number, seen = shown(server, wrong, *verify)
    found = [warned for warned in seen.warnings if warned.check == check]
    assert len(found) == 1, seen.out
    assert found[0].line == (number or 4) and words in found[0].text
    if check in OF_ALL_HOSTS:
        _, seen = shown(server, right, *verify)
        assert check not in seen.checks(), seen.out


def test_what_is_right(server):
    """Virtual hosts side by side, where one has no bearing on the others."""
    text, places = "", []
    for check, _, right, _, *verify in CASES:
        if check not in OF_ALL_HOSTS:
            begin = text.count("\n") + 1
            text += host(right, *verify)
            places.append((check, begin, text.count("\n")))
    seen = dump(server, text)
    assert seen.status == 0, seen.err
    for check, begin, end in places:
        assert not [warned for warned in seen.warnings if warned.check == check and begin <= warned.line <= end]


def test_these_lines_and_no_others(server):
    text = '<AuthzProviderAlias clientcert-dn person "CN=Alice">\n</AuthzProviderAlias>\n' + "".join(
        HOST.replace("SSLVerifyClient LEVEL", re.sub(r"^(!!\S+ )?", r"\1SSLVerifyClient ", level)).replace("TEXT", lines.replace("DOWN", "cd" * 32))
        for level, lines in PIECES)
    expected = [(number, line.split()[0][2:]) for number, line in enumerate(text.splitlines(), 1) if line.startswith("!!")]
    seen = dump(server, re.sub(r"^!!\S+ ", "", text, flags=re.M))
    assert seen.status == 0, seen.err
    assert len(expected) > 15 and [(warned.line, warned.check) for warned in seen.warnings] == expected


def test_headers_that_can_be_forged(server):
    for text, forged in FORGED:
        _, seen = shown(server, text)
        assert seen.checks() == ["forgeable-header"] * forged, text


def test_every_check_is_tested_and_documented():
    """The table of the module is the measure."""
    table = Path(os.environ["top_srcdir"], "mod_clientcert/httpd/dump/warnings.cc").read_text()
    checks = set(re.findall(r'^    \{"([a-z0-9-]+)", \w+\},$', table, re.M))
    assert checks and checks == {case[0] for case in CASES}
    documented = Path(os.environ["top_srcdir"], "docs/operations.md").read_text()
    assert checks == set(re.findall(r"^\| `([a-z0-9-]+)` \| ", documented, re.M))


def test_a_good_configuration(server):
    _, seen = shown(server, f'{ASKED}\nClientCertForward rfc9440\nClientCertCRL ${{crls}}\n{MAP}\n{USED}')
    assert seen.warnings == [] and seen.out.endswith("\nNo warnings.\n")


def test_what_hosts_have_in_common_is_said_once(server):
    text = f'{MAP}\n<VirtualHost *:${{https}}>\n</VirtualHost>\n<VirtualHost *:${{http}}>\n</VirtualHost>'
    seen = dump(server, text)
    assert [(warned.line, warned.check) for warned in seen.warnings] == [(1, "unused-map")]
