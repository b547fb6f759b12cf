# SPDX-License-Identifier: Apache-2.0
"""The dialog for a name and a password in Chromium, where a certificate and the password of its user are wanted
(`ClientCertBasicAuth same-user`)."""
import pytest
from chromium.accessibility import accessibility_violations
from chromium.error_pages import MODULES, NOBODY, OTHER_USER, PASSWORD, WRONG_PASSWORD, error_pages
from harness.logins import LOGIN_PAGES, WHO, password_file

SITE = """
    Protocols h2 http/1.1
    ClientCertMap staff subject:CN "([a-z]+)" $1
    <VirtualHost *:${{nobody}} *:${{https}}>
        Include ${{tls}}
        {example}
        <Location /payroll/>
            AuthType Basic
            AuthName "Payroll"
            AuthUserFile {passwords}
            ClientCertUseMap staff
            ClientCertBasicAuth same-user
            AuthMerging Off
            Require valid-user
        </Location>
    </VirtualHost>
"""
RIGHT, WRONG, OTHER = ("alice", "wonderland"), ("alice", "guessed"), ("bob", "builder")


@pytest.fixture(scope="module", autouse=True)
def site(server):
    passwords = password_file(server, alice="wonderland", bob="builder")
    server.configure(LOGIN_PAGES + SITE.format(example=error_pages(server), passwords=passwords),
                     modules=f"http2 auth_basic authn_file authz_user {MODULES}", ports="https nobody")
    server.page("payroll/who.shtml", WHO)
    server.allow_log("CC0101|AH01630|AH01617.*alice", always=True)
    server.start()


@pytest.fixture(scope="module")
def nobody(browser):
    return browser.start()


@pytest.fixture(scope="module")
def alice(pki, nobody):
    nobody.hold(pki.ca.client("/O=garex AG/CN=alice"))
    return nobody


def payroll(server):
    return server.url("/payroll/who.shtml")


def test_without_a_certificate_no_password_is_asked_for(server, nobody):
    page, dialogs = nobody.get_with_passwords(server.url("/payroll/who.shtml", port="nobody"))
    assert page.status == 403 and NOBODY in page.heading and dialogs == []


def test_who_cancels_gets_a_page_and_is_asked_again_when_that_is_loaded_again(server, alice):
    for _ in range(2):
        page, dialogs = alice.get_with_passwords(payroll(server), None)
        asked, = dialogs
        assert (asked["scheme"], asked["realm"], asked["source"]) == ("basic", "Payroll", "Server")
        assert page.status == 401 and PASSWORD in page.heading and "Load this page again" in page.text
    alice.picture("cancelled")
    assert accessibility_violations(alice.driver) == []


def test_a_wrong_password_is_asked_for_again(server, alice):
    page, dialogs = alice.get_with_passwords(payroll(server), WRONG, None)
    assert page.status == 401 and WRONG_PASSWORD in page.heading and len(dialogs) == 2
    alice.picture("wrong-password")


def test_the_right_password_opens_the_page_and_is_asked_for_once(server, alice):
    page, dialogs = alice.get_with_passwords(payroll(server), WRONG, RIGHT)
    assert (page.status, page.protocol, len(dialogs)) == (200, "h2", 2)
    assert "user=alice" in page.text and "by=cert+basic" in page.text
    page, dialogs = alice.get_with_passwords(payroll(server))
    assert (page.status, dialogs) == (200, [])


def test_the_password_of_somebody_else_is_right_and_of_no_use(server, alice):
    alice.restart()
    page, dialogs = alice.get_with_passwords(payroll(server), OTHER)
    assert page.status == 403 and OTHER_USER in page.heading and len(dialogs) == 1
    alice.picture("other-user")
    # Chromium has found nothing wrong with it, and gives it again: so the page says to close all windows.
    page, dialogs = alice.get_with_passwords(payroll(server))
    assert (page.status, dialogs) == (403, []) and "Close all windows" in page.text
