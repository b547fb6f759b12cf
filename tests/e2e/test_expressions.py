# SPDX-License-Identifier: Apache-2.0
"""CLIENTCERT_* variables and clientcert('...') in the expressions of other modules."""
import pytest
from harness import der, odd_names
from harness.denial import denial
from harness.own_variables import expected

SAN = dict(SAN_EMAIL=["a@example.org", "b@example.org"], SAN_DNS=["a.example.org", "*.example.org"],
           SAN_URI=["http://example.org/a", "urn:b"], SAN_IP=["192.0.2.1", "2001:db8::1"], SAN_UPN=["a@corp", "b@corp"])
SAN_LINES = ["email:a@example.org", "DNS:a.example.org", "URI:http://example.org/a", "IP:192.0.2.1", "otherName:msUPN;UTF8:a@corp",
             "email:b@example.org", "DNS:*.example.org", "URI:urn:b", "IP:2001:db8::1", "otherName:msUPN;UTF8:b@corp"]
NAMES = ["VERIFY", "REASON", "SUBJECT", "ISSUER", "SERIAL", "SHA256", "SPKI_SHA256", "NOT_BEFORE", "NOT_AFTER", "SOURCE",
         *(f"SAN_{kind}{place}" for kind in ("EMAIL", "DNS", "URI", "IP", "UPN") for place in ("", "_0", "_1", "_2", "_9999"))]
LISTS = {
    "email": "'b@example.org' in clientcert('san:email')", "dns": "'*.example.org' in clientcert('san:dns')",
    "uri": "'urn:b' in clientcert('san:uri')", "ip": "'2001:db8::1' in clientcert('san:ip')",
    "upn": "'b@corp' in clientcert('san:upn')", "ou": "'Second' in clientcert('subject:OU')",
    "oid": "'Second' in clientcert('subject:2.5.4.11')", "issuer": "'Test CA' in clientcert('issuer:CN')",
    "eku": "'clientAuth' in clientcert('eku')", "eku-oid": "'1.3.6.1.5.5.7.3.2' in clientcert('eku')",
    "policy": "'1.2.3.4' in clientcert('policy')", "capitals": "'Second' in ClientCert('subject:OU')",
    "not-email": "'a@example.org,b@example.org' in clientcert('san:email')", "not-ou": "'second' in clientcert('subject:OU')",
    "not-dns": "'x.example.org' in clientcert('san:dns')", "not-empty": "'' in clientcert('subject:UID')",
}


def headers():
    lines = [f'Header always set X-{name.replace("_", "-")} "expr=%{{CLIENTCERT_{name}}}"' for name in NAMES]
    lines += [f'Header always set X-Lower-{name.replace("_", "-")} "expr=%{{clientcert_{name.lower()}}}"'
              for name in NAMES]
    lines += [f'Header always set X-List-{name} yes "expr={text}"' for name, text in LISTS.items()]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def people(pki):
    subject, options = "/O=garex AG/OU=First/OU=Second/CN=Alice", dict(
        san=SAN_LINES, extensions={"certificatePolicies": "1.2.3.4,1.2.3.5"})
    odd = der.name(("O", "M\u00fcller"), ("CN", "a,b\0c\nd"), [("OU", "x"), ("UID", "#y ")])
    return {"alice": pki.ca.client(subject, serial="0A" * 20, **options), "mallory": pki.mallory, "nobody": None,
            "stranger": pki.authority("/O=Test/CN=Test CA").client(subject, **options),
            "odd": odd_names.issue(pki, "odd", odd, pki.ca)}


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure(f"""
        Protocols h2 http/1.1
        <VirtualHost *:${{http}}>
            {headers()}
        </VirtualHost>
        <VirtualHost *:${{https}}>
            Include ${{tls}}
            SSLCACertificateFile ${{ca}}
            SSLVerifyClient optional_no_ca
            {headers()}
            SetEnvIfExpr "%{{CLIENTCERT_SUBJECT}} =~ /^CN=([^,]*)/" WHO=$1
            SetEnvIfExpr "'a@corp' in clientcert('san:upn')" CORP=yes
            Header always set X-Who "%{{WHO}}e"
            Header always set X-Corp "%{{CORP}}e"
            RewriteEngine On
            RewriteCond expr "%{{CLIENTCERT_VERIFY}} == 'SUCCESS' && 'Second' in clientcert('subject:OU')"
            RewriteRule ^/rewrite$ /for-second [L]
            RewriteCond expr "%{{CLIENTCERT_SAN_EMAIL}} =~ /^(.+)@example.org$/"
            RewriteRule ^/captured$ /for-%1 [L]
            <Directory ${{htdocs}}/inside>
                RewriteEngine On
                RewriteCond expr "%{{CLIENTCERT_SERIAL}} == '{'0A' * 20}'"
                RewriteRule .* - [E=SERIAL:right]
                Header always set X-Serial "%{{SERIAL}}e"
            </Directory>
            <If "%{{CLIENTCERT_SUBJECT}} == 'CN=Alice,OU=Second,OU=First,O=garex AG'">
                Header always set X-If alice
            </If>
            <ElseIf "%{{CLIENTCERT_VERIFY}} == 'SUCCESS'">
                Header always set X-If somebody
            </ElseIf>
            <Else>
                Header always set X-If nobody
            </Else>
            <Location /require>
                Require expr %{{CLIENTCERT_SUBJECT}} == 'CN=Alice,OU=Second,OU=First,O=garex AG'
            </Location>
            <Location /require-list>
                Require expr 'b@example.org' in clientcert('san:email')
            </Location>
            <Location /require-not>
                <RequireAll>
                    Require all granted
                    Require not expr %{{CLIENTCERT_REASON}} != 'none'
                </RequireAll>
            </Location>
            <Location /rule>
                ClientCertRequire %{{CLIENTCERT_SUBJECT}} =~ m/^CN=Alice,/ and 'b@corp' in clientcert('san:upn') \\
                    and %{{CLIENTCERT_NOT_AFTER}} gt '2026-01-01T00:00:00Z'
            </Location>
            ErrorDocument 403 /denied
        </VirtualHost>
    """, modules="http2 headers rewrite setenvif")
    for path in ("for-second", "for-a", "rewrite", "captured", "inside/page", "require", "require-list", "require-not",
                 "rule", "denied", "page"):
        server.page(path, f"{path}\n")
    server.start()


STATES = {"nobody": ("NONE", "none"), "stranger": ("FAILED", "unknown-issuer")}


def told(response, prefix=""):
    return {name: response.header(f"X-{prefix}{name.replace('_', '-')}") or "" for name in NAMES}


@pytest.fixture(scope="module")
def values(people):
    """For each of the people each of NAMES; those of an unverified certificate are empty."""
    empty = dict.fromkeys(NAMES, "")
    found = {who: empty | dict(zip(("VERIFY", "REASON"), state)) for who, state in STATES.items()}
    return found | {"alice": empty | expected(people["alice"], **SAN),
                    "mallory": empty | expected(people["mallory"])}


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("who", ["alice", "mallory", "nobody", "stranger"])
def test_each_variable_has_its_value_in_each_request(server, people, values, who, tls):
    with server.tls(people[who], version=tls) as connection:
        responses = [connection.get("/page") for _ in range(3)]
        with connection.resume() as resumed:
            responses.append(resumed.get("/page"))
    for response in responses:
        assert told(response) == values[who]
        assert told(response, "Lower-") == values[who]


@pytest.mark.parametrize("who", ["alice", "nobody", "stranger"])
def test_each_variable_has_its_value_in_each_stream(server, people, values, who):
    with server.h2(people[who]) as connection:
        for response in connection.gather(["/page"] * 10):
            assert told(response) == values[who]


def test_without_tls_there_is_no_certificate(server, people, values):
    assert told(server.curl("/page", port="http")) == values["nobody"]


def test_names_are_written_as_rfc_4514_says(server, people):
    subject = server.curl("/page", cert=people["odd"]).header("X-Subject")
    assert subject == "UID=\\#y\\ +OU=x,CN=a\\,b\\00c\\0Ad,O=M\u00fcller".encode().decode("latin-1")


@pytest.mark.parametrize("who", ["alice", "mallory", "nobody", "stranger"])
def test_lists_hold_the_values_of_a_valid_certificate(server, people, who):
    with server.tls(people[who]) as connection:
        for response in (connection.get("/page"), connection.get("/page")):
            found = {name for name in LISTS if response.header(f"X-List-{name}") == "yes"}
            assert found == {"alice": {name for name in LISTS if not name.startswith("not-")},
                             "mallory": {"eku", "eku-oid", "issuer"}}.get(who, set())


@pytest.mark.parametrize("who, header", [("alice", "alice"), ("mallory", "somebody"), ("nobody", "nobody"),
                                         ("stranger", "nobody")])
def test_an_if_section_is_for_whom_it_says(server, people, who, header):
    assert server.curl("/page", cert=people[who]).header("X-If") == header
    assert server.curl("/page", cert=people[who], http="2").header("X-If") == header


@pytest.mark.parametrize("who, name, corp", [("alice", "Alice", "yes"), ("mallory", "Mallory", "(null)"),
                                             ("nobody", "(null)", "(null)"), ("stranger", "(null)", "(null)")])
def test_mod_setenvif_sees_the_variables(server, people, who, name, corp):
    response = server.curl("/page", cert=people[who])
    assert (response.header("X-Who"), response.header("X-Corp")) == (name, corp)


@pytest.mark.parametrize("who, second, captured, serial", [
    ("alice", "for-second\n", "for-a\n", "right"), ("mallory", "rewrite\n", "captured\n", "(null)"),
    ("nobody", "rewrite\n", "captured\n", "(null)"), ("stranger", "rewrite\n", "captured\n", "(null)")])
def test_mod_rewrite_sees_the_variables(server, people, who, second, captured, serial):
    with server.tls(people[who]) as connection:
        assert [connection.get(path).text for path in ("/rewrite", "/captured")] == [second, captured]
        assert connection.get("/inside/page").header("X-Serial") == serial


@pytest.mark.parametrize("who", ["alice", "mallory", "nobody", "stranger"])
def test_require_expr_sees_the_variables(server, people, who):
    with server.tls(people[who]) as connection:
        found = [connection.get(path).status for path in ("/require", "/require-list", "/require-not")]
    assert found == {"alice": [200] * 3, "mallory": [403, 403, 200], "nobody": [403, 403, 200]}.get(who, [403] * 3)
    server.allow_log("AH01630")


@pytest.mark.parametrize("who", ["alice", "mallory", "stranger"])
def test_our_own_rules_see_the_variables(server, people, who):
    assert server.status("/rule", cert=people[who]) == (200 if who == "alice" else 403)
    if who != "alice":
        names = denial(server).rule.values
        assert names == {"CLIENTCERT_SUBJECT": "CN=Mallory,O=Evil" if who == "mallory" else ""}


def test_requests_of_one_connection_do_not_see_each_others_reasons(server, people):
    with server.tls(people["mallory"]) as connection:
        reasons = [connection.get(path).header("X-Reason") for path in ("/page", "/rule", "/page", "/rule", "/page")]
    assert reasons == ["none", "rule", "none", "rule", "none"]
    server.expect_log("CC0101", times=2)


def test_streams_of_one_connection_do_not_see_each_others_reasons(server, people):
    with server.h2(people["mallory"]) as connection:
        responses = connection.gather(["/page", "/rule"] * 20)
    assert [response.header("x-reason") for response in responses] == ["none", "rule"] * 20
    server.expect_log("CC0101", times=20)


def test_connections_do_not_see_each_others_certificates(server, people, values):
    order = ["alice", "nobody", "mallory", "stranger", "alice", "odd", "nobody"]
    connections = [server.tls(people[who]) for who in order]
    try:
        for _ in range(3):
            for who, connection in zip(order, connections):
                if who != "odd":
                    assert told(connection.get("/page")) == values[who]
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("line, told_of", [
    ("Require expr %{CLIENTCERT_NONSENSE} == ''", "CLIENTCERT_NONSENSE"),
    ("Require expr %{CLIENTCERT_SAN_EMAIL_} == ''", "CLIENTCERT_SAN_EMAIL_"),
    ("Require expr %{CLIENTCERT_SAN_EMAIL_x} == ''", "CLIENTCERT_SAN_EMAIL_x"),
    ("Require expr 'a' in clientcert('nonsense')", "nonsense"), ("Require expr 'a' in clientcert('san:phone')", "phone"),
    ("Require expr 'a' in clientcert('subject:XY')", "XY"),
    ('Header set X "expr=%{CLIENTCERT_SUBJEKT}"', "CLIENTCERT_SUBJEKT"),
    ("ClientCertRequire %{CLIENTCERT_SUBJEKT} eq 'a'", "CLIENTCERT_SUBJEKT"),
    ("ClientCertRequire 'a' in clientcert('')", "selects nothing")])
def test_a_wrong_name_is_a_configuration_error_that_says_so(server, line, told_of):
    checked = server.check(f"<Location />\n{line}\n</Location>")
    assert checked.returncode != 0 and told_of in checked.stderr
