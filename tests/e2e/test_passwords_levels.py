# SPDX-License-Identifier: Apache-2.0
"""Users and passwords at each level of ClientCertVerify, with a certificate that a directory alone asks for,
and where nothing says whose a certificate is."""
import ssl

import pytest
from harness.load import prompt
from harness.logins import LOGIN_PAGES, MODE_PLACES, WHO, Told, basic, password_file, told

CONTENTS = """
    ClientCertUser subject:CN
    ErrorDocument 401 /why.shtml
    ErrorDocument 403 /why.shtml
    <Location /certificate>
        AuthType ClientCert
        Require valid-user
    </Location>
""" + MODE_PLACES
LEVELS = {
    "ssl": "SSLVerifyClient optional",
    "require": "SSLVerifyClient require\nClientCertVerify require",
    "off": "SSLVerifyClient optional\nClientCertVerify off",
    "directory": "<LocationMatch \"^/(certificate|both|same-user)/\">\nSSLVerifyClient require\n</LocationMatch>",
    "anybody": "SSLVerifyClient optional",
}
HOST = """
<VirtualHost *:${PORT}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    LEVEL
    CONTENTS
</VirtualHost>
"""
ALICE, BOB, WRONG = basic("alice", "wonderland"), basic("bob", "builder"), basic("alice", "guessed")


@pytest.fixture(scope="module", autouse=True)
def site(server):
    hosts = [HOST.replace("PORT", name).replace("LEVEL", level).replace("CONTENTS", CONTENTS if name != "anybody" else
                                                                        CONTENTS.replace("ClientCertUser subject:CN", ""))
             for name, level in LEVELS.items()]
    server.configure(LOGIN_PAGES + "\n".join(hosts), modules="mime include auth_basic authn_file authz_user",
                     ports=" ".join(LEVELS))
    password_file(server, alice="wonderland", bob="builder")
    for page in ("why", *(f"{place}/who" for place in ("certificate", "fallback", "both", "same-user"))):
        server.page(f"{page}.shtml", WHO)
    server.start()
    server.allow_log("AH01617|AH0226[01]|AH02039|CC0205", always=True)


@pytest.fixture(scope="module")
def people(pki):
    return {"alice": pki.ca.client("/CN=alice"), "expired": pki.ca.client("/CN=alice", valid=("-2d", "-1d")),
            "bad": pki.authority("/CN=Elsewhere").client("/CN=alice"), "nobody": None}


@pytest.fixture
def ask(server, people):
    def run(level, place, who, headers=(), **options):
        try:
            with prompt(server.tls(people[who], port=level, **options)) as connection:
                response = connection.get(f"/{place}/who.shtml", headers)
        except (ssl.SSLError, ConnectionError):
            return "refused by TLS", None
        assert bool(response.header("WWW-Authenticate")) == (response.status == 401)
        return response.status, told(response)
    return run


versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
ENTERED = Told("alice", "ClientCert", "alice", "cert", "none")
BOTH = Told("alice", "Basic", "alice", "cert+basic", "none")


@versions
@pytest.mark.parametrize("level", ["ssl", "require", "directory"])
def test_a_good_certificate_is_the_same_everywhere(server, ask, level, version):
    assert ask(level, "certificate", "alice", version=version) == (200, ENTERED)
    assert ask(level, "both", "alice", ALICE, version=version) == (200, BOTH)
    assert ask(level, "both", "alice", version=version)[0] == 401
    assert ask(level, "same-user", "alice", ALICE, version=version) == (200, BOTH)
    assert ask(level, "same-user", "alice", WRONG, version=version)[0] == 401
    assert ask(level, "same-user", "alice", BOB, version=version)[1].reason == "user-mismatch"
    server.expect_log("CC0101", times=1)


@versions
@pytest.mark.parametrize("who", ["expired", "bad"])
@pytest.mark.parametrize("level", ["ssl", "require"])
def test_a_bad_certificate_does_not_come_as_far_as_a_password(ask, level, who, version):
    for place in "certificate", "fallback", "both", "same-user":
        assert ask(level, place, who, ALICE, version=version)[0] == "refused by TLS"


@versions
def test_require_wants_a_certificate_for_fallback_too(ask, version):
    assert ask("require", "fallback", "nobody", ALICE, version=version)[0] == "refused by TLS"
    assert ask("require", "fallback", "alice", version=version) == (200, ENTERED)


@versions
def test_off_knows_no_certificate(server, ask, version):
    """So `fallback` wants a password of everybody, and the others let nobody in."""
    assert ask("off", "fallback", "alice", version=version) == (401, Told(reason="password"))
    assert ask("off", "fallback", "alice", BOB, version=version) == (200, Told("bob", "Basic", "", "basic", "none"))
    for place in "certificate", "both", "same-user":
        assert ask("off", place, "alice", ALICE, version=version) == (403, Told(reason="none"))
    server.expect_log("CC0101", times=3)


@versions
def test_a_directory_that_asks_for_a_certificate_denies_whoever_has_none(server, ask, version):
    """mod_ssl ends the connection, or says 403: no password is asked for."""
    server.allow_log("CC0101|AH02262|AH02263|AH10158|peer did not return a certificate")
    for place in "certificate", "both", "same-user":
        assert ask("directory", place, "nobody", ALICE, version=version)[0] in (403, "refused by TLS")


@versions
def test_where_nothing_says_whose_a_certificate_is_any_good_one_is_enough_for_both(server, ask, version):
    assert ask("anybody", "both", "alice", BOB, version=version) == (200, Told("bob", "Basic", "", "cert+basic", "none"))
    assert ask("anybody", "both", "alice", version=version)[0] == 401
    assert ask("anybody", "both", "nobody", ALICE, version=version) == (403, Told(reason="none"))
    server.expect_log("CC0101", times=1)


def test_where_nothing_says_whose_a_certificate_is_it_is_nobodys(server, ask):
    for place in "certificate", "fallback", "same-user":
        assert ask("anybody", place, "alice", ALICE) == (403, Told(reason="no-map-match"))
    server.expect_log("CC0101", times=3)
