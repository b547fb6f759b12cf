# SPDX-License-Identifier: Apache-2.0
"""What an .htaccess file may say of client certificates: rules that make things stricter, no more."""
import itertools

import pytest
from harness.denial import denial, denials

numbers = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("""
        Protocols h2 http/1.1
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional
            <Directory ${htdocs}>
                AllowOverride AuthConfig Limit
            </Directory>
            <Directory ${htdocs}/ruled>
                ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
            </Directory>
            <Directory ${htdocs}/everything>
                AllowOverride All
            </Directory>
            <Directory ${htdocs}/nothing>
                AllowOverride FileInfo Indexes Limit Options
            </Directory>
        </VirtualHost>
    """, modules="http2 access_compat auth_basic authn_file authz_user authz_host")
    server.start()


def place(server, text, below=""):
    """A new folder with that .htaccess; the path of a page in it."""
    folder = f"{below}/d{next(numbers)}"
    server.htaccess(folder, text)
    return f"{folder}/index.html"


def who(server, pki, path, **options):
    """The statuses for alice, mallory, and without a certificate."""
    return [server.status(path, cert=cert, **options) for cert in (pki.alice, pki.mallory, None)]


@pytest.mark.parametrize("http", ["1.1", "2"])
def test_a_rule_counts(server, pki, http):
    path = place(server, 'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"\n')
    assert who(server, pki, path, http=http) == [200, 403, 403]
    file = str(server.htdocs / path.lstrip("/")).replace("index.html", ".htaccess")
    for found in denials(server, 2):
        assert (found.reason, found.rule.at) == ("rule", f"{file}:1")
        assert found.rule.text == '%{SSL_CLIENT_S_DN_O} eq "garex AG"'


def test_a_rule_may_take_more_lines(server, pki):
    path = place(server, '# who\n\nClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" \\\n'
                         '    and %{SSL_CLIENT_S_DN_OU} in {"Fun dept."}\n')
    assert who(server, pki, path) == [200, 403, 403]
    denials(server, 2)


def test_rules_of_folders_and_of_the_server_add_up(server, pki):
    mine = 'ClientCertRequire %{SSL_CLIENT_S_DN_CN} in {"Alice", "Mallory", ""}\n'
    assert who(server, pki, place(server, mine)) == [200, 200, 200]
    assert who(server, pki, place(server, mine, "/ruled")) == [200, 403, 403]
    server.htaccess("/outer", 'ClientCertRequire %{SSL_CLIENT_S_DN_CN} eq "Mallory"\n')
    assert who(server, pki, place(server, mine, "/outer")) == [403, 200, 403]
    impossible = place(server, 'ClientCertRequire %{SSL_CLIENT_S_DN_CN} eq "Alice"\n', "/outer")
    assert who(server, pki, impossible) == [403, 403, 403]
    denials(server, 2 + 2 + 3)


def test_rules_in_sections_of_the_file_count(server, pki):
    path = place(server, '<Files "index.html">\nClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"\n</Files>\n')
    assert who(server, pki, path) == [200, 403, 403]
    path = place(server, '<If "%{REQUEST_URI} =~ /index/">\n'
                         'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"\n</If>\n')
    assert who(server, pki, path) == [200, 403, 403]
    denials(server, 4)


def test_a_rule_among_require_lines_is_no_alternative_to_them(server, pki):
    rule = 'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"'
    path = place(server, f"<RequireAny>\nRequire all granted\n{rule}\n</RequireAny>\n")
    assert who(server, pki, path) == [200, 403, 403]
    denials(server, 2)


def test_a_file_that_changes_counts_from_the_next_request_on(server, pki):
    path = place(server, 'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"\n')
    file = server.htdocs / path.lstrip("/").replace("index.html", ".htaccess")
    with server.tls(pki.alice) as connection:
        assert connection.get(path).status == 200
        file.write_text('ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "Evil"\n')
        assert connection.get(path).status == 403
        file.unlink()
        assert connection.get(path).status == 200
    assert denial(server).rule.text == '%{SSL_CLIENT_S_DN_O} eq "Evil"'


@pytest.mark.parametrize("opening", ["Satisfy Any\nAllow from all\n", "Require all granted\n", "Satisfy Any\n",
                                     "Satisfy Any\nRequire all granted\n", "Allow from all\n"])
def test_nothing_in_it_removes_a_rule_of_the_server(server, pki, opening):
    assert who(server, pki, place(server, opening, "/ruled")) == [200, 403, 403]
    denials(server, 2)


@pytest.mark.parametrize("line, let_in", [
    ("Require clientcert", "AM"),
    ('Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"', "A"),
    ('Require clientcert-issuer "CN=Test CA,O=Test"', "AM"),
    ("Require clientcert-san email:*@example.org", "A"),
    ('Require clientcert-expr %{SSL_CLIENT_S_DN_O} eq "Evil"', "M"),
    ("Require clientcert-fingerprint sha256:" + "00" * 32, ""),
])
def test_require_lines_count(server, pki, line, let_in):
    path = place(server, line + "\n")
    assert who(server, pki, path) == [200 if one in let_in else 403 for one in "AM-"]
    for found in denials(server, 3 - len(let_in)):
        assert found.rule.text == line
    server.allow_log("AH01630")  # mod_authz_core says it too


# -- what is refused -----------------------------------------------------------------------------

def refused(server, path, *words):
    """The file is an error of the server, which the log explains."""
    assert server.status(path) == 500
    line = server.expect_log("htaccess")
    for word in words:
        assert word in line, line


@pytest.mark.parametrize("line", [
    'ClientCertHeader X-Client-DN "%{SSL_CLIENT_S_DN}"', "ClientCertHeader X-Client-DN unset",
    "ClientCertForward rfc9440", "ClientCertForward none", "ClientCertEnv On", "ClientCertEnv Off",
])
@pytest.mark.parametrize("below", ["", "/everything"])
def test_no_other_directive_is_allowed(server, line, below):
    refused(server, place(server, line + "\n", below), line.split()[0], "not allowed here")


@pytest.mark.parametrize("line", ["ClientCertRequire true", "Require clientcert"])
def test_rules_need_allow_override_auth_config(server, line):
    refused(server, place(server, line + "\n", "/nothing"), line.split()[0], "not allowed here")


@pytest.mark.parametrize("directive", ["ClientCertRequire", "Require clientcert-expr"])
@pytest.mark.parametrize("expression, what", [
    ('file("/etc/passwd") ne ""', "file"), ('%{file:/etc/passwd} ne ""', "file"),
    ('"%{file:/etc/passwd}" ne ""', "file"), ('filesize("/etc/passwd") -gt 0', "filesize"),
    ("-f '/etc/passwd'", "-f"), ("-d '/etc'", "-d"),
    ("-s '/etc/passwd'", "-s"), ("-e '/etc'", "-e"), ("-L '/etc'", "-L"), ("-x '/bin/sh'", "-x"),
    ('%{SSL_CLIENT_S_DN_O} in {file("/etc/passwd")}', "file"),
])
def test_the_functions_that_read_files_are_refused(server, directive, expression, what):
    refused(server, place(server, f"{directive} {expression}\n"), directive.split()[0],
            f"{what} not available in restricted context")


@pytest.mark.parametrize("line, words", [
    ("ClientCertRequire %{SSL_CLIENT_S_DN_FOO} eq 'x'", ["ClientCertRequire", "SSL_CLIENT_S_DN_FOO"]),
    ("ClientCertRequire 'x' in clientcert('foo')", ["ClientCertRequire", "foo"]),
    ("Require clientcert extra", ["Require clientcert extra", "no arguments"]),
    ("Require clientcert-san foo:bar", ["Require clientcert-san foo:bar", "email"]),
])
def test_a_mistake_is_an_error_that_names_it(server, line, words):
    refused(server, place(server, line + "\n"), *words)
