# SPDX-License-Identifier: Apache-2.0
"""Configurations as how-tos have them, each with ClientCertBasicAuth added: password and group files, in
today's spelling and in the old one of mod_access_compat (Order, Deny, Allow, Satisfy), and
ClientCertRequire where they had SSLRequire."""
import pytest
from harness.logins import Clients, basic, password_file

SECRET = "the secret"
LOGIN = """
    AuthType Basic
    AuthName "Support pages"
    AuthBasicProvider file
    AuthUserFile ${root}/passwords
    AuthGroupFile ${root}/groups
"""
RULE = """
    ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "Snake Oil, Ltd." and \\
                      %{SSL_CLIENT_S_DN_OU} in {"Staff", "CA", "Dev"}
"""
OLD = """
    Order deny,allow
    Deny from all
    Allow from {}
"""
PLACES = {
    "user": "Require valid-user",
    "group": "Require group support",
    "group-and-user": "<RequireAll>\nRequire valid-user\nRequire group support\n</RequireAll>",
    "group-or-bob": "Require group support\nRequire user bob",
    "rule": RULE + "Require group support",
    "old": "Require valid-user\nSatisfy all",
    "old-group": "Require group support\nSatisfy all",
    "old-here": OLD.format("127.0.0.1") + "Require group support\nSatisfy all",
    "old-elsewhere": OLD.format("192.0.2.1") + "Require group support\nSatisfy all",
    "old-rule": "SSLRequireSSL\n" + RULE + OLD.format("127.0.0.0/8") + "Require valid-user\nSatisfy all",
    "old-any-here": OLD.format("127.0.0.1") + "Require group support\nSatisfy any",
    "old-any-elsewhere": OLD.format("192.0.2.1") + "Require group support\nSatisfy any",
}
MODES = ["fallback", "both", "same-user"]
SITE = """
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    SSLVerifyDepth 5
    ClientCertUser subject:CN
    PLACES
</VirtualHost>
"""
PASSWORDS = {"alice": "wonderland", "bob": "builder", "carol": "christmas"}
GROUPS = "support: alice carol\nadmins: bob\n"
# The certificates; the groups come from the file. Carol's is of another organization.
SUBJECTS = {"alice": "/O=Snake Oil, Ltd./OU=Staff/CN=alice", "bob": "/O=Snake Oil, Ltd./OU=Dev/CN=bob",
            "carol": "/O=Evil/OU=Staff/CN=carol"}


@pytest.fixture(scope="module", autouse=True)
def site(server):
    places = [f"<Directory ${{htdocs}}/{mode}/{name}>\n{LOGIN}\nClientCertBasicAuth {mode}\n{text}\n</Directory>"
              for mode in MODES for name, text in PLACES.items()]
    server.configure(SITE.replace("PLACES", "\n".join(places)), modules="""auth_basic authn_file authz_user
        authz_groupfile authz_host access_compat""")
    password_file(server, **PASSWORDS)
    (server.root / "groups").write_text(GROUPS)
    (server.root / "groups").chmod(0o644)
    for mode in MODES:
        for name in PLACES:
            server.page(f"{mode}/{name}/index.html", SECRET)
    server.start()
    # Of authorization, access_compat, mod_auth_basic, and SSLRequireSSL.
    server.allow_log("AH01631|AH01630|AH01797|AH01617|CC0101", always=True)


@pytest.fixture(scope="module")
def clients(server, pki):
    with Clients(server, {**{who: pki.ca.client(name) for who, name in SUBJECTS.items()}, "nobody": None}) as made:
        yield made


@pytest.fixture
def status(clients):
    def ask(mode, place, certificate, user=None):
        response = clients.ask(certificate, f"/{mode}/{place}/index.html", basic(user, PASSWORDS[user]) if user else {})
        assert (SECRET in response.text) == (response.status == 200)
        assert bool(response.header("WWW-Authenticate")) == (response.status == 401)
        return response.status
    return ask


# Who may, by place. Whoever is not in a group is asked for the password of somebody who is (httpd's habit),
# but not where that would not help: with fallback and a certificate, and with same-user.
OUTCOMES = {
    "user": (200, 200, 200),
    "group": (200, 401, 200),
    "group-and-user": (200, 401, 200),
    "group-or-bob": (200, 200, 200),
    "rule": (200, 401, 403),
    "old": (200, 200, 200),
    "old-group": (200, 401, 200),
    "old-here": (200, 401, 200),
    "old-elsewhere": (403, 403, 403),
    "old-rule": (200, 200, 403),
}


def settled(outcomes):
    return tuple(403 if outcome == 401 else outcome for outcome in outcomes)


@pytest.mark.parametrize("mode", ["both", "same-user"])
@pytest.mark.parametrize("place", OUTCOMES)
def test_with_certificate_and_password(status, mode, place):
    expected = OUTCOMES[place] if mode == "both" else settled(OUTCOMES[place])
    assert tuple(status(mode, place, who, who) for who in SUBJECTS) == expected


@pytest.mark.parametrize("mode", ["both", "same-user"])
@pytest.mark.parametrize("place", OUTCOMES)
def test_with_a_certificate_and_no_password(status, mode, place):
    """401, except for whom a password would not help."""
    refused = [outcome if outcome == 403 else 401 for outcome in OUTCOMES[place]]
    assert [status(mode, place, who) for who in SUBJECTS] == refused


@pytest.mark.parametrize("mode", ["both", "same-user"])
@pytest.mark.parametrize("place", PLACES)
def test_with_a_password_and_no_certificate(status, mode, place):
    assert [status(mode, place, "nobody", who) for who in SUBJECTS] == [403, 403, 403]
    assert status(mode, place, "nobody") == 403


@pytest.mark.parametrize("place", OUTCOMES)
def test_fallback_with_a_certificate(status, place):
    assert tuple(status("fallback", place, who) for who in SUBJECTS) == settled(OUTCOMES[place])
    assert tuple(status("fallback", place, who, "alice") for who in SUBJECTS) == settled(OUTCOMES[place])


@pytest.mark.parametrize("place", [place for place in OUTCOMES if "rule" not in place])
def test_fallback_with_a_password(status, place):
    assert tuple(status("fallback", place, "nobody", who) for who in SUBJECTS) == OUTCOMES[place]
    assert status("fallback", place, "nobody") == (403 if place == "old-elsewhere" else 401)


@pytest.mark.parametrize("place", ["old-any-here", "old-any-elsewhere"])
def test_satisfy_any_with_certificate_and_password(status, place):
    """The address may be enough for the Require lines: certificate and password are wanted anyway. Where it
    is not, the group counts."""
    for mode, refusal in ("both", 401), ("same-user", 403):
        bobs = 200 if place == "old-any-here" else refusal
        assert [status(mode, place, who, who) for who in SUBJECTS] == [200, bobs, 200]
        assert [status(mode, place, who) for who in SUBJECTS] == [401, 401, 401]


def test_another_users_group_does_not_help(status):
    assert status("both", "group", "bob", "alice") == 200  # two people, one of them in the group
    assert status("same-user", "group", "bob", "alice") == 403
    assert status("same-user", "group", "alice", "bob") == 403
