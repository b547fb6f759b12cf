# SPDX-License-Identifier: Apache-2.0
"""lookup=ldap: with a name and a password, in a directory that tells nothing to those who have none."""
import pytest
from harness import der, users
from harness.complaint import complaint
from harness.ldap import INSTALLED, PASSWORD, ROOT, SUFFIX, Directory

if not INSTALLED:
    pytest.skip("slapd or ldapmodify is not installed", allow_module_level=True)

SECRET = "bind-password=exec:password"


@pytest.fixture(scope="module")
def directory(pki):
    made = Directory(pki.ca.server("localhost"), access="to * by users read by * none")
    made.add("alice", uid="alice", mail="alice@example.org")
    yield made
    made.close()


@pytest.fixture(scope="module")
def program(server):
    """Prints what it is given; httpd finds it in its ServerRoot."""
    path = server.root / "password"
    path.write_text('#!/bin/sh\necho "${1-%s}"\n' % PASSWORD)
    path.chmod(0o755)
    return path


def lookup(directory, name, more):
    url = f"ldap://127.0.0.1:{directory.port}/{SUFFIX}?uid?sub?(mail=%s)"
    return f'ClientCertMap {name} lookup="ldap:{url}" key=subject:CN cache=0 {more}\n'


@pytest.fixture(scope="module", autouse=True)
def site(server, directory, program):
    rules = lookup(directory, "bound", f'bind-dn="{ROOT}" {SECRET}') + lookup(directory, "anonymous", "") \
        + lookup(directory, "wrong", f'"bind-dn={ROOT}" "{SECRET} guessed"')
    sections = "".join(users.location(name, f"ClientCertUseMap {name}") for name in ("bound", "anonymous", "wrong"))
    server.configure(users.HEAD + rules + sections + users.TLS, modules=f"{users.MODULES} ldap")
    server.start()


@pytest.fixture(scope="module")
def alice(pki):
    return pki.ca.client(der.name(("CN", "alice@example.org")))


def test_who_binds_is_told(server, alice):
    assert users.user(server, alice, "bound") == "alice"


def test_nobody_else_is(server, alice):
    """The directory says of what it hides that it is not there."""
    assert users.user(server, alice, "anonymous") in (403, 500)
    server.expect_log("CC0101|CC0302", times=1)


def test_a_wrong_password_is_an_error(server, alice):
    assert users.user(server, alice, "wrong") == 500
    assert "the directory cannot be asked" in server.expect_log("CC0302", times=1)[0]


@pytest.mark.parametrize("more, message", [
    (f'bind-dn="{ROOT}"', "need each other"), (SECRET, "need each other"), (f'bind-dn="" {SECRET}', "need each other"),
    (f'bind-dn="{ROOT}" bind-password=secret', "takes exec:PROGRAM"), (f'bind-dn="{ROOT}" bind-password=exec:', "takes exec:PROGRAM"),
    (f'bind-dn="{ROOT}" bind-password=exec:nowhere', "prints no password"),
    (f"bind-dn=\"{ROOT}\" 'bind-password=exec:password \"\"'", "prints no password"), ("bind=x", "bind-dn=, bind-password= and cache=TIME"),
])
def test_what_is_no_name_and_password(server, directory, more, message):
    told = complaint(server, lookup(directory, "x", more))
    assert message in told and "echo" not in told
