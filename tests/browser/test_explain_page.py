# SPDX-License-Identifier: Apache-2.0
"""The page of `ClientCertExplain page` as people see it, who have written none of their own."""
import pytest
from chromium.accessibility import accessibility_violations
from chromium.browser import LOOKS
from harness import crls
from harness.crls import crl, publish

SITE = """
    Protocols h2 http/1.1
    TypesConfig /dev/null
    ClientCertCRL ${crls}
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        ClientCertVerify report
        ClientCertExplain page
        ClientCertExplainTo %{QUERY_STRING} eq "administrator"
        <Location />
            Require clientcert
        </Location>
        <Location /rule>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_S_DN_OU} in {"Fun dept."}
        </Location>
    </VirtualHost>
"""
NAME = "/C=DE/O=garex AG/OU=Accounts dept. of the Branch in Hohenstein/CN=alice"
# Whose certificate, where, and what the heading of the page says.
CASES = {
    "nobody": ("nobody", "/index.html", "for people with a certificate"),
    "revoked": ("lost", "/index.html", "has been revoked"),
    "rule": ("alice", "/rule", "does not open this page"),
    "administrator": ("alice", "/rule?administrator", "does not open this page"),
}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, people):
    server.configure(SITE, modules="http2 unique_id mime", crls=crls.folder(server))
    publish(crls.folder(server) / "ca.crl", crl(pki.ca, [people["lost"]]))
    server.page("rule")
    server.allow_log("CC0101|AH01630", always=True)
    server.start()
    crls.ready(server, pki.alice)


@pytest.fixture(scope="module")
def people(pki):
    return {"alice": pki.ca.client(NAME), "lost": pki.ca.client("/O=garex AG/CN=lost")}


@pytest.fixture(scope="module")
def browsers(make_browser, people):
    """By whose it is; started when it is needed."""
    made = {}

    def browser(who):
        if who not in made:
            made[who] = make_browser()
            if who in people:
                made[who].hold(people[who])
            made[who].start()
        return made[who]
    return browser


@pytest.mark.parametrize("case", CASES)
def test_everybody_can_read_it(server, browsers, case):
    who, path, heading = CASES[case]
    browser = browsers(who)
    for name in "light", "phone-dark":
        browser.look(**LOOKS[name])
        page = browser.get(server.url(path))
        assert page.status == 403 and heading in page.heading
        browser.picture(f"explain-{case}-{name}")
        assert browser.too_wide() <= 0, name
        assert accessibility_violations(browser.driver) == [], name
    assert ("Accounts dept." in page.text) == (who == "alice")
    assert ('%{SSL_CLIENT_S_DN_O} eq "garex AG"' in page.text) == (case == "administrator")
