# SPDX-License-Identifier: Apache-2.0
"""httpd -D DUMP_CLIENTCERT: all that is in force, where it was said, and what is inherited."""
import re
import resource
import subprocess

import pytest
from harness import crls, sanitizer
from harness.dump import dump

SITE = """
ClientCertMap staff subject:CN "([a-z]+)" "$1"
ClientCertStateDir ${root}/state
ClientCertHeader X-Client-DN "%{SSL_CLIENT_S_DN}"
ClientCertCRLHosts crl.example.org
<Location "/">
    ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
</Location>
<VirtualHost *:${https}>
    ServerName one.example.org
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional_no_ca
    ClientCertVerify report
    ClientCertVerifyDepth 3
    ClientCertCRL ${crls} refresh=5s
    ClientCertCRL http://reader:secret@127.0.0.1:1/ca.crl
    ClientCertCRL cdp
    ClientCertCRLIssuer ${ca}
    ClientCertCRLPolicy scope=leaf
    ClientCertRevokedConnections keep
    ClientCertTrustedProxy 192.0.2.1 192.0.2.2
    ClientCertFrom xfcc hop=first
    ClientCertCACertificateFile ${ca}
    ClientCertMap staff san:email "(.*)@example\\.org" "$1"
    ClientCertForward rfc9440
    clientcertenv on
    ClientCertExplain page
    ClientCertExplainTo %{REMOTE_ADDR} == '127.0.0.1'
    <Location "/a/b">
        ClientCertEnv Off
        AuthType Basic
        AuthName a
        AuthBasicProvider file
        AuthUserFile ${root}/users
        ClientCertBasicAuth same-user
        ClientCertUseMap staff
        ClientCertUserPattern [a-z]+
        ClientCertRequire %{CLIENTCERT_VERIFY} eq "SUCCESS"
        <RequireAll>
            Require valid-user
            <RequireAny>
                Require clientcert-dn "CN=Alice"
                Require clientcert-san email:a@example.org
            </RequireAny>
            Require not clientcert-issuer "CN=Old CA"
        </RequireAll>
    </Location>
    <Location "/a">
        ClientCertCA ${ca}
        ClientCertHeader x_client_dn unset
        Require clientcert
    </Location>
    <Directory "${htdocs}">
        Options None
        <Files "secret*">
            ClientCertUser subject:CN
        </Files>
        <If "%{REQUEST_METHOD} == 'PUT'">
            ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"
        </If>
    </Directory>
    <LocationMatch "^/m[0-9]">
        ClientCertForward none
    </LocationMatch>
    <Proxy "http://reader:secret@127.0.0.1:1/">
        ClientCertForward none
    </Proxy>
    <Location "/nothing">
        Options None
    </Location>
</VirtualHost>
<VirtualHost *:${http}>
    ServerName two.example.org
</VirtualHost>
"""


@pytest.fixture(scope="module", autouse=True)
def site(server, pki):
    folder = crls.folder(server)
    crls.publish(folder / "ca.crl", crls.crl(pki.ca, number=7))
    server.configure(SITE, modules="auth_basic authn_file authz_user macro proxy", crls=folder)


@pytest.fixture(scope="module")
def seen(server, site):
    return dump(server)


def line(server, text):
    return int(server.line_of(text).rpartition(":")[2])


def test_every_directive_is_in_it_with_its_place(server, seen):
    """The server's own list of directives is the measure."""
    assert (seen.status, seen.err) == (0, "Syntax OK\n")
    known = set(re.findall(r"^(ClientCert\w+) \(mod_clientcert.c\)$", server._httpd("-f", server.conf, "-L").stdout, re.M))
    written = {name for name in known if re.search(rf"(?i)^ *{name} ", SITE, re.M)}
    assert known == written, "SITE has to have an example of each"
    told = set(re.findall(rf"^ +(ClientCert\w+) .*  {re.escape(str(server.site))}:\d+", seen.out, re.M))
    assert told == known and len(told) >= 20


def test_a_virtual_host(server, seen, pki):
    title, rows = seen.title("<VirtualHost", 0), seen.block("<VirtualHost", 0)
    assert re.fullmatch(rf"<VirtualHost \*:\d+> one\.example\.org +{re.escape(server.line_of('<VirtualHost'))}", title)
    assert rows["SSLVerifyClient"][0][:3] == ("optional_no_ca", line(server, "optional_no_ca"), None)
    assert rows["ClientCertVerify"][0][:3] == ("report", line(server, "ClientCertVerify report"), None)
    assert rows["ClientCertVerifyDepth"][0].value == "3"
    assert [row.value for row in rows["ClientCertCRL"]] == [f"{server.root}/crls refresh=5s", "http://127.0.0.1:1/ca.crl", "cdp"]
    assert [row.details for row in rows["ClientCertCRL"]][1:] == [[], []]
    assert re.fullmatch(r"CRL of CN=Test CA,O=Test, number 7, until \d{4}-\d\d-\d\d", rows["ClientCertCRL"][0].details[0])
    assert re.fullmatch(r"CN=Test CA,O=Test, until \d{4}-\d\d-\d\d", rows["SSLCACertificateFile"][0].details[0])
    assert rows["ClientCertCRLPolicy"][0].details == ["missing=deny expired=deny, by default"]
    assert rows["ClientCertTrustedProxy"][0].value == "192.0.2.1 192.0.2.2" and len(rows["ClientCertTrustedProxy"]) == 1
    first, second = rows["ClientCertMap"]
    assert (first.line, first.inherited) == (line(server, "subject:CN"), "the main server")
    assert (second.line, second.inherited) == (line(server, "san:email"), None)
    assert rows["ClientCertHeader"][0].inherited == rows["ClientCertCRLHosts"][0].inherited == "the main server"
    assert rows["ClientCertEnv"][0][:3] == ("on", line(server, "clientcertenv"), None), "as the manual writes it"
    assert "secret" not in seen.out.replace("secret*", ""), "no password is shown"


def test_defaults_are_told_where_they_matter(server, seen):
    rows = seen.block("<VirtualHost", 1)
    assert rows["ClientCertVerify"][0] == ("ssl", None, None, [])
    assert "ClientCertVerifyDepth" not in rows and "ClientCertCRLPolicy" not in rows and "SSLVerifyClient" not in rows
    assert "SSLVerifyDepth" not in seen.block("<VirtualHost", 0), "ClientCertVerifyDepth counts there"
    server.write("<VirtualHost *:${https}>\nInclude ${tls}\nClientCertCRL ${crls}\n</VirtualHost>")
    rows = dump(server).block("<VirtualHost")
    server.write(SITE)
    assert {name: row[0].value for name, row in rows.items() if row[0].line is None} == {
        "SSLVerifyClient": "none", "SSLVerifyDepth": "1", "ClientCertVerify": "ssl", "ClientCertRevokedConnections": "close",
        "ClientCertCRLPolicy": "scope=chain missing=deny expired=deny"}


def test_sections_are_shown_as_httpd_applies_them(server, seen):
    """<Location "/a"> stands behind <Location "/a/b">, so it has the last word there too."""
    rows = seen.block('<Location "/a/b">')
    assert [(row.line, row.inherited) for row in rows["ClientCertRequire"]] == [
        (line(server, "_S_DN_O}"), '<Location "/">'), (line(server, "{CLIENTCERT_VERIFY}"), None)]
    assert rows["ClientCertEnv"][0][:3] == ("Off", line(server, "ClientCertEnv Off"), None)
    assert [(row.value, row.inherited) for row in rows["ClientCertHeader"]] == [("x_client_dn unset", '<Location "/a">')]
    assert rows["ClientCertForward"][0].inherited == "the virtual host"
    assert [(row.value, row.inherited) for row in rows["Require"]] == [("clientcert", '<Location "/a">')]
    assert rows["ClientCertCA"][0].inherited == '<Location "/a">'
    assert rows["AuthBasicProvider"][0].value == "file"
    assert "<RequireAll>" not in rows, "Require lines of an inner section stand in the place of those before"


def test_require_lines_keep_their_containers(server):
    without = SITE.replace("Require clientcert\n", "\n")
    seen = dump(server, without)
    rows = seen.block('<Location "/a/b">')
    text = "\n".join(seen._blocks('<Location "/a/b">')[0])
    assert [row.value for row in rows["Require"]] == [
        "valid-user", 'clientcert-dn "CN=Alice"', "clientcert-san email:a@example.org", 'not clientcert-issuer "CN=Old CA"']
    assert re.search(r"\n    <RequireAll> .*\n      Require .*\n      <RequireAny> .*\n        Require .*\n        Require .*\n      Require ", text)
    merged = dump(server, SITE.replace("Require clientcert\n", "AuthMerging Or\nRequire clientcert\n"))
    assert len(merged.block('<Location "/a/b">')["Require"]) == 5
    server.write(SITE)


def test_nested_sections_and_expressions(server, seen):
    files = seen.block(f'<Directory "{server.htdocs}"> <Files "secret*">')
    assert files["ClientCertUser"][0][:3] == ("subject:CN", line(server, "ClientCertUser "), None)
    condition = seen.block(f'<Directory "{server.htdocs}"> <If')
    assert len(condition["ClientCertRequire"]) == 1
    assert seen.block('<LocationMatch "^/m[0-9]">')["ClientCertForward"][0].value == "none"
    assert "/nothing" not in seen.out and seen.block('<Proxy "http://127.0.0.1:1/">')["ClientCertForward"]
    assert ", inherited from the main server" in seen.title('<Location "/">', 1)


def test_who_may_come_in(server):
    """Require lines that take the place of others, of some methods, under another name; what is around a pattern."""
    seen = dump(server, """
        <AuthzProviderAlias clientcert-dn person "CN=Alice">
        </AuthzProviderAlias>
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional_no_ca
            ClientCertVerify 1
            <Location "/">
                Require clientcert
            </Location>
            <Location "/open">
                Require all granted
            </Location>
            <Location "/some">
                <Limit PUT>
                    Require person
                </Limit>
            </Location>
            <LocationMatch "^/m[0-9]">
                ClientCertEnv On
            </LocationMatch>
            <Location "/b*/x">
                ClientCertEnv On
            </Location>
            <Location "/s/">
                ClientCertExplain page
            </Location>
            <Location "/s">
                ClientCertEnv On
            </Location>
        </VirtualHost>
    """)
    assert (seen.status, seen.warnings) == (0, [])
    assert seen.block("<VirtualHost")["ClientCertVerify"] == [("1", 7, None, ["that is report"])]
    assert [row.value for row in seen.block('<Location "/open">')["Require"]] == ["all granted"]
    some = seen.block('<Location "/some">')
    assert [row.value for row in some["Require"]] == ["person"] and some["<Limit"][0][:2] == ("PUT>", 15)
    assert some["<AuthzProviderAlias"][0][:2] == ('clientcert-dn person "CN=Alice">', 1)
    for pattern in ('<LocationMatch "^/m[0-9]">', '<Location "/b*/x">'):
        assert seen.block(pattern)["Require"][0][:3] == ("clientcert", 9, '<Location "/">')
    assert "ClientCertEnv" in seen.block('<Location "/s/">') and "ClientCertExplain" not in seen.block('<Location "/s">')
    server.write(SITE)


def test_lines_of_macros(server):
    """Where they are written, and where the macro is used: without mod_macro's own words."""
    server.write("""
        <Macro Host $port>
        <VirtualHost *:$port>
            ClientCertCRLPolicy scope=leaf
            <If "true">
                ClientCertEnv On
            </If>
            <Else>
                ClientCertEnv Off
            </Else>
        </VirtualHost>
        </Macro>
        Use Host ${http}
    """)
    seen = dump(server)
    use = server.line_of("Use Host")
    assert re.search(rf"^<VirtualHost .*  {server.site}:2, used at {use}$", seen.out, re.M)
    assert re.search(rf"^    ClientCertEnv +Off +{server.site}:8, used at {use}$", seen.out, re.M)
    assert re.search(rf"^  <Else> +{server.site}:7, used at {use}$", seen.out, re.M)
    assert (seen.warnings[0].line, seen.checks()) == (3, ["crl-setting-without-crl"])
    assert f"(the macro is used at {use})" in seen.warnings[0].text
    server.write(SITE)


def test_what_is_taken_out_of_requests(seen):
    assert re.search(r"^Taken out of every request, however they are written: .*x-client-dn", seen.out, re.M)
    assert re.search(r"^Taken out.* client-cert(,|$)", seen.out, re.M)
    assert ".htaccess" in seen.out.partition("\n<Virt")[0], "what is not shown is said"


def test_it_is_aligned(seen):
    """In one block all places begin in one column, but behind values of more than 60 characters."""
    blocks = re.split(r"\n(?=Main server|<VirtualHost)", seen.out)[1:]
    assert len(blocks) == 3
    for block in blocks:
        places = [re.search(r"^(.*?)  (/tmp/\S+:\d+|by default)(, inherited.*)?$", line) for line in block.splitlines()]
        columns = [place.start(2) for place in places if place and not re.search(r"\S$", place[1])]
        assert columns and len(set(columns)) == 1 and max(columns) < 110, block


def test_no_server_is_started(server):
    """With and without -t; nothing is left behind, and a running server goes on."""
    for arguments in ((), ("-t",), ("-S",)):
        seen = dump(server, None, *arguments)
        assert seen.status == 0 and seen.out.count("The policy of mod_clientcert") == 1
        assert not (server.root / "run" / "httpd.pid").exists()
    assert "The policy" not in server._httpd("-f", server.conf, "-t").stdout


def test_what_cannot_be_printed(server):
    with open("/dev/full", "w") as full:
        done = subprocess.run([server.httpd, "-f", server.conf, "-D", "DUMP_CLIENTCERT"], stdout=full,
                              stderr=subprocess.PIPE, env=server._environment())
    assert done.returncode == 1 and b"CC0601" in done.stderr


@pytest.mark.skipif(bool(sanitizer.PRELOAD), reason="sanitizers want all the memory there is")
def test_an_exception(server):
    """There is memory for the configuration, and not for telling its long lines sixty times."""
    hosts = "<VirtualHost *:${http}>\n</VirtualHost>\n" * 60
    server.write(f'<Location "/{"a" * 1_000_000}">\nClientCertEnv On\n</Location>\n{hosts}')

    def within(mebibytes, *arguments):
        limit = (mebibytes << 20, mebibytes << 20)
        return subprocess.run([server.httpd, "-f", server.conf, "-t", *arguments], capture_output=True, text=True,
                              env=server._environment(), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit))
    enough = next(size for size in range(60, 1000, 20) if within(size).returncode == 0)
    seen = within(enough + 20, "-D", "DUMP_CLIENTCERT")
    assert (seen.returncode, seen.stdout) == (1, "") and "CC0601: cannot print the policy: std::bad_alloc" in seen.stderr
    server.write(SITE)


def test_errors_in_the_configuration(server):
    seen = dump(server, SITE.replace("ClientCertVerify report", "ClientCertVerify maybe"))
    assert seen.status == 1 and seen.out == "" and "ClientCertVerify takes" in seen.err
    seen = dump(server, SITE.replace("SSLVerifyClient optional_no_ca", "SSLVerifyClient none"))
    assert seen.status == 1 and seen.out == "" and "CC0004" in seen.err
    seen = dump(server, SITE.replace("SSLCACertificateFile ${ca}", "SSLCACertificateFile /none"))
    assert seen.status == 1 and seen.out == "", "as with -t, mod_ssl looks for its files"
    server.write(SITE)


def test_a_configuration_that_defines_it_is_one_like_any_other(server):
    """Or else `httpd -k stop` would stop nothing."""
    server.write("""
        Define DUMP_CLIENTCERT
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional
            ClientCertEnv On
        </VirtualHost>
    """)
    server.start()
    server.graceful()
    assert server.status("/index.html") == 200
    server.stop()
    assert "The policy" not in server.log()
