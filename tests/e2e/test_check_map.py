# SPDX-License-Identifier: Apache-2.0
"""clientcert-check map: which user a certificate is, rule by rule, and the exit status."""
import pytest
from harness.check import USAGE, Run
from harness.crls import crl

USER, NOBODY, _, DENIED, UNTOLD, INVALID = range(6)


@pytest.fixture(scope="module")
def alice(pki):
    return pki.ca.client("/O=garex AG/OU=Staff/OU=Night/CN=Alice Smith",
                         san=["email:alice@example.org", "otherName:msUPN;UTF8:alice@corp.example"])


@pytest.fixture
def maps(tmp_path):
    """Writes map.conf and asks it about a certificate."""
    path = tmp_path / "map.conf"

    def ask(text, certificate, *arguments):
        path.write_text(text)
        return Run("map", "-f", path, *arguments, certificate)
    ask.path = path
    return ask


def says(seen, status, last):
    assert (seen.status, seen.err, seen.out.splitlines()[-1:]) == (status, "", [last])


def complains(seen, text):
    seen.only_says(USAGE, f" map: {text} (clientcert-check map --help tells more)")


# -- rule by rule --------------------------------------------------------------------------------------

def test_every_line_of_an_answer(maps, alice):
    seen = maps("""# Who may come in.
ClientCertMap staff san:dns .* machine
ClientCertMap staff subject:OU Staff staff

clientcertmap staff \\
    subject:CN "Bob.*" bob
  ClientCertMap staff dn "CN=Bob,O=garex AG" bob
ClientCertMap staff san:email "([a-z]+)@example\\.org" "$1"
ClientCertMap staff subject:CN .* guest
""", alice.cert)
    assert (seen.status, seen.err) == (USER, "")
    assert seen.out == """\
CN=Alice Smith,OU=Night,OU=Staff,O=garex AG
  line 2    no-match    san:dns .* machine
            san:dns is not there
            the certificate has none
  line 3    no-match    subject:OU Staff staff
            subject:OU is "Staff", "Night"
            the certificate has 2 values of it, of which [0], [last] or [any] would choose
  line 5    no-match    subject:CN "Bob.*" bob
            subject:CN is "Alice Smith"
            "Alice Smith" does not match
  line 7    no-match    dn "CN=Bob,O=garex AG" bob
            dn is "CN=Alice Smith,OU=Night,OU=Staff,O=garex AG"
            "CN=Alice Smith,OU=Night,OU=Staff,O=garex AG" is another name
  line 8    match       san:email "([a-z]+)@example\\.org" "$1"
            san:email is "alice@example.org"
            "alice@example.org" matches
  line 9    not-reached subject:CN .* guest
user alice, by line 8
"""


@pytest.mark.parametrize("rule, status, last", [
    ("subject:CN Alice.Smith alice", USER, "user alice, by line 1"),
    ("dn 'cn=alice smith, ou=NIGHT,ou=staff,o=Garex  AG' a", USER, "user a, by line 1"),
    ("san:upn (.*)@corp.example $1", USER, "user alice, by line 1"),
    ("subject:OU Night deny", DENIED, "denied, by line 1"),
    ("subject:OU[0] Night deny", NOBODY, "nobody: no rule matches"),
    ("subject:CN Alice alice", NOBODY, "nobody: no rule matches"),
    ("subject:CN (.*) $1", NOBODY, 'nobody, by line 1: "Alice Smith" is no user name: it does not match '
     '"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}", or has a \':\' or a control character'),
    ("lookup=ldap:ldap://localhost/ key=san:email", UNTOLD,
     "cannot be told, for line 1: ldap: lookups are the server's; offline there are none"),
])
def test_outcomes(maps, alice, rule, status, last):
    seen = maps(f"ClientCertMap m {rule}\n", alice.cert)
    says(seen, status, last)


def test_a_pattern_that_takes_too_long(maps, pki):
    slow = pki.ca.client("/CN=" + 60 * "a" + "!")
    seen = maps("ClientCertMap m subject:CN (a+)+ deny\nClientCertMap m subject:CN .* user\n", slow.cert)
    assert seen.status == UNTOLD
    assert 'the regular expression "(a+)+" takes too long' in seen.out.splitlines()[-1]
    assert "line 1    failed" in seen.out and "line 2    not-reached" in seen.out


def test_the_pattern_of_user_names(maps, alice):
    line = "ClientCertMap m subject:CN (.*) $1\n"
    says(maps(line + 'ClientCertUserPattern "[A-Za-z ]+"\n', alice.cert), USER, "user Alice Smith, by line 1")
    assert maps(line + "ClientCertUserPattern [a-z]+\n", alice.cert).status == NOBODY


def test_one_of_several_maps(maps, alice):
    text = "ClientCertMap one subject:CN .* a\nClientCertMap two subject:CN .* b\nClientCertMap one dn CN=x c\n"
    complains(maps(text, alice.cert), 'there are several maps, --map says which: "one", "two"')
    complains(maps(text, alice.cert, "--map", "three"), 'there is no map "three", but "one", "two"')
    says(maps(text, alice.cert, "--map", "two"), USER, "user b, by line 2")
    seen = maps(text, alice.cert, "--map=one")
    assert "line 3    not-reached dn CN=x c" in seen.out


# -- files ---------------------------------------------------------------------------------------------

def test_lookups_in_files(maps, alice, tmp_path):
    users = tmp_path / "users"
    users.write_text('# mail user\nbob@example.org bob\n"alice@example.org" alice\n')
    rule = f"ClientCertMap m lookup=file:{users} key=san:email\n"
    seen = maps(rule, alice.cert)
    says(seen, USER, "user alice, by line 1")
    assert '"alice@example.org" is found' in seen.out
    users.write_text("alic@example.org bob\n")
    seen = maps(rule, alice.cert)
    says(seen, NOBODY, "nobody: no rule matches")
    assert '"alice@example.org" is not found' in seen.out
    users.write_text("a b\nc d\na e\n")
    complains(maps(rule, alice.cert),
              f'"{maps.path}", line 1: "{users}", line 3: the key "a" stands in line 1 as well')
    relative = "ClientCertMap m lookup=file:users key=san:email\n"
    users.write_text("alice@example.org alice\n")
    assert maps(relative, alice.cert, "--root", tmp_path).status == USER
    assert maps(relative, alice.cert, "--root", tmp_path / "no").status == USAGE


# -- pins ----------------------------------------------------------------------------------------------

def test_pins_need_the_ca(maps, pki, alice):
    sub = pki.ca.intermediate("/CN=Staff CA")
    bob = sub.client("/CN=Bob")
    text = 'ClientCertMap m issuer="CN=Staff CA" subject:CN .* staff\nClientCertMap m subject:CN .* guest\n'
    complains(maps(text, alice.cert),
              'a rule of "m" pins the issuer: --ca names the CA certificates to verify the chain with')
    says(maps(text, bob.chain, "--ca", pki.ca.cert), USER, "user staff, by line 1")
    seen = maps(text, alice.cert, "--ca", pki.ca.cert)
    says(seen, USER, "user guest, by line 2")
    assert "its issuer pin is not in the certificate's chain" in seen.out


def test_a_certificate_that_is_not_good(maps, pki, alice):
    text = "ClientCertMap m subject:CN .* guest\n"
    other = pki.authority("/CN=Other CA")
    maps(text, alice.cert, "--ca", other.cert).only_says(INVALID, " map: the certificate is not good: unknown-issuer")
    told = maps(text, alice.cert, "--ca", other.cert, "--json")
    assert (told.status, told.json["outcome"], told.json["user"], told.json["rules"]) == (INVALID, "invalid", None, [])
    assert told.json["why"] == "the certificate is not good: unknown-issuer"
    late = pki.ca.client("/CN=Late", valid=("-2d", "-1d"))
    maps(text, late.cert, "--ca", pki.ca.cert).only_says(INVALID, " map: the certificate is not good: expired")
    assert maps(text, late.cert).status == USER
    assert maps(text, alice.cert, "--ca", other.cert, "--ca", pki.ca.cert).status == USER


# -- names ---------------------------------------------------------------------------------------------

def test_names_that_mod_ssl_prints_alike(maps, pki):
    """FakeBasicAuth makes /OU=svc/CN=admin of both."""
    real, fake = pki.ca.client("/OU=svc/CN=admin"), pki.ca.client("/OU=svc\\/CN=admin")
    assert maps('ClientCertMap m dn "CN=admin,OU=svc" admin\n', real.cert).status == USER
    assert maps('ClientCertMap m dn "CN=admin,OU=svc" admin\n', fake.cert).status == NOBODY


@pytest.mark.parametrize("name", ["CN=J+OU=Sales,DC=net", "OU=Sales+CN=J,DC=net", "ou=SALES + cn=j , dc=NET"])
def test_attributes_of_one_rdn_in_any_order(maps, pki, name):
    both = pki.ca.client("/DC=net/OU=Sales+CN=J")
    assert maps(f'ClientCertMap m dn "{name}" user\n', both.cert).status == USER
    assert maps('ClientCertMap m dn "CN=J,OU=Sales,DC=net" user\n', both.cert).status == NOBODY


# -- for programs --------------------------------------------------------------------------------------

def test_json(maps, alice):
    text = ("ClientCertMap m issuer-serial x y\nClientCertMap m subject:OU[any] Night $0\n"
            "ClientCertMap m subject:CN .* guest\n")
    seen = maps(text, alice.cert, "--json")
    assert seen.status == USER
    issuer = f"CN=Test CA,O=Test;{alice.serial}"
    assert seen.json == {
        "subject": "CN=Alice Smith,OU=Night,OU=Staff,O=garex AG", "map": "m", "outcome": "user", "user": "Night",
        "line": 2, "why": "user Night, by line 2",
        "rules": [
            {"line": 1, "rule": "issuer-serial x y", "result": "no-match", "selector": "issuer-serial",
             "values": [{"text": issuer, "usable": True}], "why": f'"{issuer}" does not match'},
            {"line": 2, "rule": "subject:OU[any] Night $0", "result": "match", "selector": "subject:OU[any]",
             "values": [{"text": "Staff", "usable": True}, {"text": "Night", "usable": True}],
             "why": '"Night" matches'},
            {"line": 3, "rule": "subject:CN .* guest", "result": "not-reached"},
        ],
    }
    told = maps("ClientCertMap m dn CN=x y\n", alice.cert, "--json").json
    assert (told["outcome"], told["user"], told["line"]) == ("none", None, None)


# -- what is wrong with the arguments ------------------------------------------------------------------

@pytest.mark.parametrize("line, complaint", [
    ("ClientCertMap", "the name of the map is missing"),
    ("ClientCertMap m", 'a rule is SELECTOR "REGEX" USER, '),
    ("ClientCertMap m subject:FOO .* u", '"FOO" is no attribute type'),
    ("ClientCertMap m subject:CN .* $1", 'the user "$1" has a $1, and ".*" has no group'),
    ("ClientCertMap m lookup=sql:x key=dn", 'lookup= takes file:PATH, dbm:PATH, dbd:LABEL or ldap:URL, not "sql:x"'),
    ("ClientCertMap m lookup=ldap:ldap://h/ key=dn bind-dn=x bind-password=secret",
     "bind-password= takes exec:PROGRAM, which prints the password"),
    ("ClientCertUserPattern (", '"(" is no regular expression: missing closing parenthesis'),
    ("ClientCertUserPattern a b", "ClientCertUserPattern takes one pattern"),
    ("SSLEngine on", '"SSLEngine" is neither ClientCertMap nor ClientCertUserPattern'),
])
def test_lines_that_are_wrong(maps, alice, line, complaint):
    seen = maps(f"# first\n{line}\n", alice.cert)
    assert (seen.status, seen.out) == (USAGE, "")
    assert seen.err.startswith(f'clientcert-check map: "{maps.path}", line 2: {complaint}')


def test_arguments_that_are_wrong(maps, alice, pki, tmp_path):
    good = "ClientCertMap m subject:CN .* u\n"
    complains(Run("map", alice.cert), "-f MAP.CONF is missing")
    complains(maps(good, alice.cert, alice.cert), "one CERTIFICATE is expected, not 2")
    complains(maps("# none\n", alice.cert), f'there is no ClientCertMap line in "{maps.path}"')
    complains(maps("", alice.cert), f'"{maps.path}" is empty')
    missing = tmp_path / "missing"
    complains(Run("map", "-f", missing, alice.cert), f'"{missing}" cannot be read: No such file or directory')
    complains(maps(good, missing), f'cannot read certificates: "{missing}" cannot be opened: No such file or directory')
    other = tmp_path / "other"
    other.write_bytes(crl(pki.ca))
    complains(maps(good, other), f'cannot read certificates: there is none in "{other}"')
    complains(maps(good, alice.cert, "--ca", other), f'--ca takes CA certificates in PEM: there is none in "{other}"')


def test_help():
    seen = Run("map", "--help")
    assert seen.status == 0 and seen.out.startswith("Usage: clientcert-check map -f MAP.CONF")
    assert "  map        tell which user a certificate is" in Run("--help").out
