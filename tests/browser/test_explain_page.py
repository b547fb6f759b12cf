# SPDX-License-Identifier: Apache-2.0
"""The pages that tell why, as people see them: that of `ClientCertExplain page`, who have written none of their own, and
those of `clientcert-explain`, with its form."""
import pytest
from chromium.accessibility import accessibility_violations
from chromium.browser import LOOKS
from harness import crls
from harness.crls import crl, publish

SITE = """
    Protocols h2 http/1.1
    TypesConfig /dev/null
    AddType text/html .html
    ClientCertCRL ${crls}
    <VirtualHost *:${nobody} *:${alice} *:${lost}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        ClientCertVerify report
        ClientCertExplain page
        ClientCertExplainTo %{QUERY_STRING} eq "administrator" or %{REQUEST_URI} eq "/why"
        ClientCertMap staff san:email "([a-z]+)@garex[.]example" $1
        ClientCertMap staff issuer="CN=Test CA,O=Test" subject:CN "([a-z]+)" $1
        ClientCertHeader X-Client-DN "%{SSL_CLIENT_S_DN}"
        ClientCertForward rfc9440
        <Location />
            Require clientcert
        </Location>
        <Location /rule>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_S_DN_OU} in {"Fun dept."}
            ClientCertUseMap staff
        </Location>
        <Location /why>
            SetHandler clientcert-explain
            Require all granted
        </Location>
    </VirtualHost>
"""
NAME = "/C=DE/O=garex AG/OU=Accounts dept. of the Branch in Hohenstein/CN=alice"
# Whose certificate, where, and what the heading of the page says.
CASES = {
    "revoked": ("lost", "/index.html", "has been revoked"),
    "rule": ("alice", "/rule", "does not open this page"),
    "administrator": ("alice", "/rule?administrator", "does not open this page"),
}
RULE = '%{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_S_DN_OU} in {"Fun dept."}'
SEES = "What this server sees of your certificate"
# A page of another site, which does not ask before it sends its form here.
TRAP = """<!DOCTYPE html><form method="post" action="{}"><textarea name="certificate">{}</textarea>
<input name="path" value="/rule"><button>Win a car</button></form>"""


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, people):
    server.configure(SITE, modules="http2 unique_id mime", ports="http nobody alice lost", crls=crls.folder(server))
    publish(crls.folder(server) / "ca.crl", crl(pki.ca, [people["lost"]]))
    server.page("rule")
    server.page("trap.html", TRAP.format(server.url("/why", port="alice"), people["frida"].cert.read_text()))
    server.allow_log("CC0101|AH01630", always=True)
    server.start()
    crls.ready(server, pki.alice, port="nobody")


@pytest.fixture(scope="module")
def people(pki):
    return {"alice": pki.ca.client(NAME), "lost": pki.ca.client("/O=garex AG/OU=Fun dept./CN=lost"),
            "frida": pki.ca.client("/O=garex AG/OU=Fun dept./CN=frida")}


@pytest.fixture(scope="module")
def nobody(server, browser, people):
    for who in people.keys() & server.ports.keys():  # each has a port
        browser.choose(f"https://localhost:{server.ports[who]}", SUBJECT={"CN": who})
    return browser.start()


@pytest.fixture(scope="module")
def everybody(nobody, people):
    """The same browser with all certificates."""
    for credential in people.values():
        nobody.hold(credential)
    return nobody


def assert_everybody_can_read_it(browser, name):
    for look in "light", "phone-dark":
        browser.look(**LOOKS[look])
        browser.whole_picture(f"explain-{name}-{look}")
        assert browser.too_wide() <= 0 and browser.cut_off() == [], look
        assert accessibility_violations(browser.driver) == [], look


def url(server, who, path):
    return server.url(path, port=who)


def test_who_has_no_certificate_is_told_so(server, nobody):
    page = nobody.get(url(server, "nobody", "/index.html"))
    assert page.status == 403 and "for people with a certificate" in page.heading
    assert_everybody_can_read_it(nobody, "nobody")
    page = nobody.get(url(server, "nobody", "/why"))
    assert (page.status, page.heading) == (200, SEES) and "There is none." in page.text
    assert_everybody_can_read_it(nobody, "own-nobody")


@pytest.mark.parametrize("case", CASES)
def test_who_is_denied_is_told_why(server, everybody, case):
    who, path, heading = CASES[case]
    page = everybody.get(url(server, who, path))
    assert page.status == 403 and heading in page.heading
    assert ("Accounts dept." in page.text) == (who == "alice")
    assert (RULE in page.text) == (case == "administrator")
    assert_everybody_can_read_it(everybody, case)


@pytest.mark.parametrize("who, words", [("lost", "FAILED: revoked"), ("alice", "clientAuth")])
def test_everybody_sees_what_the_server_sees(server, everybody, who, words):
    page = everybody.get(url(server, who, "/why"))
    assert (page.status, page.protocol, page.heading) == (200, "h2", SEES) and words in page.text
    everybody.whole_picture(f"explain-own-{who}")
    if who == "alice":
        assert_everybody_can_read_it(everybody, "own-alice")


@pytest.mark.parametrize("who, outcome", [("frida", "200"), ("alice", "403\nReason\nrule"),
                                          ("lost", "403\nReason\nrevoked")])
def test_the_form_tells_what_would_be(server, everybody, people, who, outcome):
    everybody.get(url(server, "alice", "/why"))
    everybody.fill(certificate=people[who].chain.read_text(), path="/rule")
    page = everybody.press("Explain")
    assert (page.status, page.heading) == (200, "What this server would decide")
    assert outcome in page.text.partition("Level")[0] and RULE in page.text and "site.conf:" in page.text
    assert everybody.driver.find_element("name", "path").get_property("value") == "/rule"  # for the next one
    if who != "frida":
        assert_everybody_can_read_it(everybody, f"form-{who}")


def test_a_form_of_another_site_is_not_answered(server, everybody):
    everybody.get(server.url("/trap.html", port="http"))
    page = everybody.press("Win a car")
    assert page.url == url(server, "alice", "/why") and page.status == 403
    assert "not one of this page" in page.text and RULE not in page.text
