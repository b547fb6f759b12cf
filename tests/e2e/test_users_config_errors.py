# SPDX-License-Identifier: Apache-2.0
"""What `httpd -t` says of wrong lines of ClientCertMap and the other directives that make a user."""
import pytest
from harness.complaint import ANYWHERE, complaint

LOCATION = "<Location /x>\n{}\n</Location>"
HEX = "0123456789abcdef" * 4
MAP = "ClientCertMap staff "


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("ClientCertEnv Off", modules="dbd ldap", ports="http")
    (server.root / "users.txt").write_text("a a\n")
    (server.root / "broken.txt").write_text("a a\nb\n")


GOOD = [
    'subject:CN "(.*)" "$1"', "subject:CN .* deny", r'san:email[any] "([^@]+)@x\\.org" $1', 'dn "CN=a,O=b" c', "dn CN=a deny",
    'issuer="CN=CA,O=x" subject:CN ".*" x', f'issuer-spki=sha256:{HEX} issuer="CN=CA" dn "CN=a" b', "lookup=file:users.txt key=subject:CN",
    'cache=5min key=subject:OU[last] lookup="file:users.txt"', f'issuer-spki=sha256:{HEX.upper()} lookup=dbm:x key=serial',
    "lookup=dbd:label key=fingerprint-sha256 cache=0", 'lookup=ldap:ldap://127.0.0.1/o=x?uid?sub?(mail=%s) key=san:email',
    'lookup="ldap:ldaps://localhost:636/o=x?uid?one?(&(objectClass=person)(mail=%s))" key=san:email[any]',
    r'subject:CN "a" "\$1"', 'subject:1.2.3[12] "(a)(b)" "$2$1$0"',
]
# Each with the value that is wrong, and what would be right.
WRONG = [
    ("subject:CN", ['"subject:CN"', "two words", "not 0"]), ('subject:CN "x"', ["two words", "not 1"]),
    ('subject:CN "x" y z', ["two words", "not 3"]), ('subject:CN "(.*" "$1"', ['"(.*"', "no regular expression"]),
    ('subject:CN "(.*)" "$2"', ['"$2"', "has a $2", "one group alone"]), ('subject:CN ".*" "$1"', ["has a $1", "no group"]),
    ('subject:CN "(.)" "a$"', ['"a$"', "without a digit"]), ('subject:CN ".*" "a$b"', ["without a digit"]),
    ('subject:CN ".*" "a:b"', ['"a:b"', "':'"]), ('subject:CN ".*" ""', ["user is empty", "deny"]),
    ('subject:CN ".*" "a\x01"', ["control character"]), (r'subject:CN "\C" x', ["no regular expression"]),
    ('subject:FOO ".*" x', ['"FOO"', "OID"]), ('subject: ".*" x', ["OID"]), ('subject:1.2.x ".*" x', ['"1.2.x"']),
    ('subject ".*" x', ['"subject"', "subject:ATTRIBUTE"]), ('san:fax ".*" x', ['"fax"', "dirname"]), ('foo ".*" x', ['"foo"', "san:TYPE"]),
    ('eku ".*" x', ['"eku"', "not who he is"]), ('policy ".*" x', ['"policy"', "not who he is"]),
    ('subject:CN[x] ".*" x', ['"[x]"', "[last] and [any]"]), ('subject:CN[-1] ".*" x', ['"[-1]"']), ('subject:CN[ ".*" x', ['"["']),
    ('subject:CN[] ".*" x', ['"[]"']), ('subject:CN[1]x ".*" x', ['"[1]x"']), ('subject:CN[99999] ".*" x', ['"[99999]"']),
    ('dn', ["distinguished name and a user", "not 0"]), ('dn "CN=a"', ["not 1"]), ('dn CN=a, O=b c', ["not 3"]),
    ('dn "CN=a" "$1"', ["no regular expression"]), ('dn "CN" x', ['"CN"', "RFC 4514"]), ('dn "FOO=x" y', ['"FOO"', "RFC 4514"]),
    ('dn "CN=a,,O=b" x', ["RFC 4514"]), ('dn "" x', ["empty"]), ('dn "/O=x/CN=y" z', ["RFC 4514"]), ('dn "CN=a\\" x', ["quotes"]),
    ('san:dirname ".*" x', ['"san:dirname"', 'dn "DN" USER']), ('dn[0] "CN=.*" x', ['"dn[0]"', "names"]),
    ('issuer="CN" subject:CN ".*" x', ["issuer=", '"CN"', "RFC 4514"]),
    ('issuer="CN=a" issuer="CN=b" subject:CN ".*" x', ["issuer= is given twice"]),
    ('issuer-spki=x subject:CN ".*" x', ['"x"', "sha256:", "64 hexadecimal"]), (f'issuer-spki={HEX} subject:CN ".*" x', [HEX, "sha256:"]),
    (f'issuer-spki=sha256:{HEX[1:]} subject:CN ".*" x', [HEX[1:], "64 hexadecimal"]),
    (f'issuer-spki=sha1:{HEX} subject:CN ".*" x', ["sha1", "sha256:"]), ('issuer="CN=a"', ["SELECTOR"]),
    ("lookup=file:users.txt", ["key=SELECTOR", "missing"]), ("key=subject:CN", ["lookup=KIND:ARGUMENT", "missing"]),
    ("lookup=foo:x key=serial", ['"foo:x"', "file:PATH, dbm:PATH, dbd:LABEL or ldap:URL"]), ("lookup=file key=serial", ['"file"', "file:PATH"]),
    ("lookup=file: key=serial", ['"file:"', "file:PATH"]), ("lookup= key=serial", ["file:PATH"]),
    ("lookup=file:users.txt key=serial x", ['"x"', "cache=TIME"]), ("lookup=file:users.txt key=serial key=serial", ["key= is given twice"]),
    ("lookup=file:users.txt lookup=dbm:x key=serial", ["lookup= is given twice"]), ("lookup=file:users.txt key=foo", ["key=", '"foo"']),
    ("lookup=file:users.txt key=eku", ['"eku"', "not who he is"]), ("lookup=file:users.txt key=serial cache=x", ["cache=", '"x"', "15min"]),
    ("lookup=file:users.txt key=serial cache=-1", ['"-1"', "15min"]), ("lookup=file:users.txt key=serial cache=", ['""']),
    ("lookup=file:missing.txt key=serial", ["missing.txt", "No such file or directory"]),
    ("lookup=file:broken.txt key=serial", ["broken.txt", "line 2", 'the key "b"']), ("lookup=file:. key=serial", ["is no file"]),
    ("lookup=ldap:x key=serial", ['"x"', "ldap://HOST/BASE?uid?sub?(mail=%s)"]),
    ("lookup=ldap:http://x/ key=serial", ['"http://x/"', "ldap://HOST"]), ("lookup=ldap:ldap://h/o=x key=serial", ["one attribute", "%s"]),
    ("lookup=ldap:ldap://h/o=x?uid,cn?sub?(mail=%s) key=serial", ["one attribute"]),
    ("lookup=ldap:ldap://h/o=x?uid?sub?(mail=x) key=serial", ["%s"]), ("lookup=ldap:ldap://h/o=x??sub?(mail=%s) key=serial", ["one attribute"]),
    ('subject:CN "x', ["quotes"]), ('subject:CN "x"y z', ["blank is expected"]),
]


@pytest.mark.parametrize("context", [ANYWHERE, "<VirtualHost *:1>\n{}\n</VirtualHost>"])
def test_what_is_right_is_accepted(server, context):
    lines = "\n".join(MAP + rule for rule in GOOD)
    more = '\n<Location />\nClientCertUseMap staff\nClientCertUserPattern "[a-z]+"\n</Location>\n' \
           '<Directory />\nClientCertUser dn\n</Directory>'
    checked = server.check(context.format(lines + more))
    assert checked.stderr == "Syntax OK\n"


@pytest.mark.parametrize("rule, words", WRONG)
def test_a_wrong_rule(server, rule, words):
    message = complaint(server, MAP + rule)
    assert message.startswith("ClientCertMap ")
    for word in words:
        assert word in message


@pytest.mark.parametrize("line", ["ClientCertMap", "ClientCertMap staff", 'ClientCertMap ""'])
def test_a_map_without_a_rule(server, line):
    assert 'the name of a map and a rule such as subject:CN "(.*)" "$1"' in complaint(server, line)


@pytest.mark.parametrize("line, words", [
    ("ClientCertUser foo", ['"foo"', "subject:ATTRIBUTE"]), ("ClientCertUser eku", ['"eku"', "not who he is"]),
    ("ClientCertUser subject:FOO", ['"FOO"']), ("ClientCertUser subject:CN[x]", ['"[x]"']), ("ClientCertUser", ["one argument"]),
    ("ClientCertUser subject:CN x", ["one argument"]), ("ClientCertUserPattern (", ['"("', "regular expression"]),
    ("ClientCertUserPattern", ["one argument"]), ("ClientCertUseMap", ["one argument"]), ("ClientCertUseMap a b", ["one argument"]),
])
def test_the_other_directives(server, line, words):
    message = complaint(server, line, LOCATION)
    for word in [line.split()[0], *words]:
        assert word in message


@pytest.mark.parametrize("context", [LOCATION, "<Directory />\n{}\n</Directory>", "<If true>\n{}\n</If>"])
def test_a_map_stands_in_no_section(server, context):
    assert "ClientCertMap not allowed" in complaint(server, MAP + "dn CN=x y", context)


@pytest.mark.parametrize("line", ["ClientCertUser subject:CN", "ClientCertUseMap staff", "ClientCertUserPattern .*"])
def test_none_of_them_stands_in_a_file_that_users_write(server, line):
    server.page("own/index.html")
    (server.htdocs / "own" / ".htaccess").write_text(line + "\n")
    server.write("<Directory ${htdocs}>\nAllowOverride All\n</Directory>\nClientCertMap staff dn CN=x y")
    server.start()
    try:
        assert server.status("/own/", port="http") == 500
        assert f"{line.split()[0]} not allowed here" in server.expect_log("not allowed here")
    finally:
        server.stop()


def test_a_map_that_is_not_there(server):
    checked = server.check("# a comment\n<Location /x>\nClientCertUseMap staff\n</Location>\nClientCertMap stuff dn CN=x y")
    assert checked.returncode != 0
    assert f"ClientCertUseMap staff at {server.root}/checked-site.conf:3: no ClientCertMap line" in checked.stderr


def test_a_map_of_another_virtual_host_only(server):
    checked = server.check("<VirtualHost *:1>\nClientCertMap staff dn CN=x y\n</VirtualHost>\n"
                           "<VirtualHost *:2>\nClientCertUseMap staff\n</VirtualHost>")
    assert checked.returncode != 0 and "checked-site.conf:5: no ClientCertMap line on that virtual host" in checked.stderr
    checked = server.check("<VirtualHost *:1>\nClientCertMap staff dn CN=x y\n</VirtualHost>\nClientCertUseMap staff")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("kind, module", [("dbd:x", "mod_dbd"), ("ldap:ldap://h/o=x?uid?sub?(mail=%s)", "mod_ldap")])
def test_a_lookup_needs_its_module(make_server, kind, module):
    bare = make_server()
    bare.configure("ClientCertEnv Off", ports="http")
    message = complaint(bare, f"{MAP}lookup={kind} key=serial")
    assert f"needs {module}, which is not loaded" in message
