# SPDX-License-Identifier: Apache-2.0
"""People with Chromium at a site that tells them what is wrong with their certificates (examples/error-pages.conf):
they get the page with the one that a policy chose, and a page that says why they do not get it with another one."""
import pytest
from chromium.accessibility import accessibility_violations
from chromium.error_pages import EXPIRED, MODULES, NOBODY, REVOKED, error_pages
from harness import crls
from harness.crls import crl, publish
from harness.waiting import wait_until

HOST = """
    <VirtualHost *:${{{port}}}>
        Include ${{tls}}
        {example}
        Protocols {protocols}
        {settings}
    </VirtualHost>
"""
# Port -> protocols, and what else is particular about it.
HOSTS = {
    "modern": ("h2 http/1.1", "SSLProtocol TLSv1.3"),
    "older": ("h2 http/1.1", "SSLProtocol TLSv1.2"),
    "old": ("http/1.1", "SSLProtocol TLSv1.2"),
    "revoked": ("h2 http/1.1", ""),
    "expiring": ("h2 http/1.1", ""),
    "closing": ("h2 http/1.1", "ClientCertRevokedConnections close"),
    "keeping": ("h2 http/1.1", "ClientCertRevokedConnections keep"),
}
SEEN = {"modern": ("h2", "TLSv1.3"), "older": ("h2", "TLSv1.2"), "old": ("http/1.1", "TLSv1.2")}
PAGE = """<!DOCTYPE html><html lang="en"><title>Members</title><h1>Hello <!--#echo var="CLIENTCERT_SUBJECT" --></h1>
<p><!--#echo var="TLS" --></p><a href="?again">Next</a></html>"""
COMMON = """
    TypesConfig /dev/null
    KeepAliveTimeout 60
    ClientCertCRL ${crls}
    SetEnvIfExpr "%{SSL_PROTOCOL} =~ /(.+)/" TLS=$1
    <Directory ${htdocs}>
        Options +IncludesNOEXEC
        ClientCertEnv On
        AddType text/html .shtml
        AddOutputFilter INCLUDES .shtml
    </Directory>
"""


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, people):
    example = error_pages(server)
    hosts = [HOST.format(port=port, example=example, protocols=protocols, settings=settings)
             for port, (protocols, settings) in HOSTS.items()]
    server.configure(COMMON + "".join(hosts), modules=f"http2 {MODULES}", ports=" ".join(HOSTS), crls=crls.folder(server))
    revoke(server, pki, people["revoked"])
    server.page("members.shtml", PAGE)
    server.allow_log("CC0101|AH01630", always=True)
    server.start()
    crls.ready(server, pki.alice, port="modern")


def revoke(server, pki, *credentials):
    publish(crls.folder(server) / "ca.crl", crl(pki.ca, credentials))


def members(server, port="modern"):
    return server.url("/members.shtml", port=port)


@pytest.fixture(scope="module")
def people(pki):
    """By the port where they go."""
    return {port: pki.ca.client(f"/CN={port}") for port in HOSTS if port != "expiring"}


@pytest.fixture(scope="module")
def browser(server, browser, people):
    """Of somebody with many certificates, one for each server."""
    for port, credential in people.items():
        browser.hold(credential)
    for port in HOSTS:
        browser.choose(f"https://localhost:{server.ports[port]}", SUBJECT={"CN": port})
    return browser.start()


@pytest.fixture(scope="module")
def waiting(server, pki, browser):
    """A window where somebody has a page open whose certificate will expire. The others go on meanwhile in theirs."""
    browser.hold(pki.ca.client("/CN=expiring", valid=("-1d", "+8s")))
    others = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("window")
    assert_reached(browser.get(members(server, "expiring")), "expiring")
    window = browser.driver.current_window_handle
    browser.driver.switch_to.window(others)
    return window


def assert_reached(page, name):
    assert (page.status, page.heading, page.error) == (200, f"Hello CN={name}", "")


def assert_denied(page, words):
    assert page.status == 403 and words in page.heading


@pytest.mark.parametrize("port", SEEN)
@pytest.mark.usefixtures("waiting")
def test_the_page_is_reached_with_the_certificate_that_the_policy_chose(server, browser, port):
    page = browser.get(members(server, port))
    assert_reached(page, port)
    protocol, version = SEEN[port]
    assert page.protocol == protocol and version in page.text
    browser.picture(f"reached-{port}")


def test_with_a_revoked_certificate_there_is_a_page_that_says_why(server, browser):
    page = browser.get(members(server, "revoked"))
    assert_denied(page, REVOKED)
    assert page.protocol == "h2" and "Reason\nrevoked\n" in page.text and "CN=" not in page.text
    browser.picture("revoked")
    assert accessibility_violations(browser.driver) == []


@pytest.mark.parametrize("port", ["closing", "keeping"])
def test_who_is_revoked_while_the_page_is_open_is_told_at_the_next_click(server, pki, browser, people, port):
    assert_reached(browser.get(members(server, port)), port)
    revoke(server, pki, people[port])
    crls.becomes(server, people[port], 403, port=port)
    page = browser.click("Next")
    assert_denied(page, REVOKED)
    assert page.url.endswith("/members.shtml?again")


def test_who_has_an_old_one_is_told_to_get_a_new_one_and_comes_again(server, pki, make_browser):
    """Chromium does not show one that has expired: the page for those who have none has to think of that."""
    newcomer = make_browser()
    newcomer.hold(pki.ca.client("/CN=newcomer", valid=("-2d", "-1d")), "old")
    page = newcomer.start().get(members(server))
    assert_denied(page, NOBODY)
    assert "has expired" in page.text
    newcomer.picture("without")
    assert accessibility_violations(newcomer.driver) == []
    newcomer.hold(pki.ca.client("/CN=newcomer"), "new")
    page = newcomer.restart().get(members(server))  # as the page says: close all windows, and come again
    assert_reached(page, "newcomer")


def test_whose_certificate_expires_while_the_page_is_open_is_told_so(browser, waiting):
    browser.driver.switch_to.window(waiting)
    page = wait_until(lambda: (seen := browser.click("Next")).status != 200 and seen, "it never expires", 15)
    assert_denied(page, EXPIRED)
    browser.picture("expired")
