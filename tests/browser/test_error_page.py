# SPDX-License-Identifier: Apache-2.0
"""examples/error-pages as people see it: for every reason in light and dark, on a screen and on a phone, nothing is
cut off, nothing is hard to read, and axe-core has nothing to say."""
import re

import pytest
from chromium.accessibility import accessibility_violations
from chromium.browser import LOOKS
from chromium.error_pages import MODULES, PAGE, error_pages

SITE = """
    Protocols h2 http/1.1
    TypesConfig /dev/null
    <VirtualHost *:${{https}}>
        Include ${{tls}}
        {example}
        AliasMatch "^/preview/[a-z-]+$" "${{root}}/pages/certificate.shtml"
        <Location /preview/>
            Require all granted
            SetEnvIf Request_URI "^/preview/([a-z-]+)$" CLIENTCERT_REASON=$1
            SetEnv CLIENTCERT_VERIFY SUCCESS
            SetEnvIf Request_URI "^/preview/(rule|password)$" "CLIENTCERT_SUBJECT=CN=Alexandra von Hohenstein,O=garex AG"
            SetEnv CLIENTCERT_PRESENTED_SUBJECT "CN=Alexandra von Hohenstein-Wittelsbach,OU=Fun dept.,O=garex AG,C=DE"
            SetEnv CLIENTCERT_PRESENTED_ISSUER "CN=garex AG Issuing CA for Employees and Contractors,O=garex AG,C=DE"
            SetEnv CLIENTCERT_PRESENTED_NOT_AFTER 2026-11-21T23:59:59Z
            SetEnv CLIENTCERT_DENIAL_ID aSDtVmBzqXo0bAGxZ9ff1wAAAEk
            SetEnv HELP_DESK "help@garex.example, extension 4357"
            Options +IncludesNOEXEC
            AddType "text/html; charset=utf-8" .shtml
            AddOutputFilter INCLUDES .shtml
        </Location>
    </VirtualHost>
"""
REASONS = sorted(set(re.findall(r"'([a-z-]+)'", PAGE.read_text())))
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module", autouse=True)
def site(server, browser):
    server.configure(SITE.format(example=error_pages(server)), modules=f"http2 {MODULES}")
    server.allow_log("(CC0101|AH01630).*/favicon.ico", always=True)
    server.start()
    browser.start()


@pytest.mark.parametrize("reason", REASONS)
def test_nothing_is_cut_off(server, browser, reason):
    page = browser.get(server.url(f"/preview/{reason}"))
    assert (page.status, page.protocol, page.heading) == (200, "h2", page.title)
    for name, look in LOOKS.items():
        browser.look(**look)
        browser.picture(f"error-{reason}-{name}")
        assert browser.too_wide() <= 0, name


@pytest.mark.parametrize("look", LOOKS)
def test_everybody_can_read_it(server, browser, look):
    browser.look(**LOOKS[look])
    browser.get(server.url("/preview/revoked"))
    assert accessibility_violations(browser.driver) == []


def test_who_likes_dark_pages_gets_a_dark_one(server, browser):
    colours = []
    for look in LOOKS.values():
        browser.look(**look)
        browser.get(server.url("/preview/revoked"))
        colours.append(browser.driver.execute_script(BACKGROUND))
    light, dark = colours[:2]
    assert light != dark and colours == [light, dark] * 2


def test_what_is_hard_to_read_is_seen(server, browser):
    """Of the checks themselves: a page with mistakes has them."""
    browser.look(**LOOKS["phone"])
    browser.get(server.url("/preview/revoked"))
    browser.driver.execute_script("document.querySelector('h1').style.width = '500px'")
    assert browser.too_wide() > 100
    browser.look()
    browser.driver.execute_script("document.querySelector('h1').style.color = '#ccc'; document.documentElement.lang = ''")
    found = accessibility_violations(browser.driver)
    assert [line.partition(" ")[0] for line in found] == ["color-contrast", "html-has-lang"], found
