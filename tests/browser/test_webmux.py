# SPDX-License-Identifier: Apache-2.0
"""The pages that examples/webmux has for employees and for everybody else, in Chromium."""
import pytest
from chromium.accessibility import accessibility_violations
from chromium.browser import LOOKS
from chromium.examples import REFUSED, running

LEVEL0, LEVEL1, LEVEL2 = 0, 1, 2


@pytest.fixture(scope="module")
def webmux():
    with running("webmux") as example:
        yield example


@pytest.fixture(scope="module")
def browser_of(webmux, make_browser):
    """By the name of an employee, with the file that he was given."""
    passwords = dict(line.split() for line in webmux.log("employees/passwords.txt").splitlines())

    def make(user, browser=None):
        browser = browser or make_browser(webmux.folder / "ca.pem").start()
        browser.store.take_file(webmux.folder / f"employees/{user}.p12", passwords[user])
        return browser
    return make


def assert_everybody_can_read_it(browser, name):
    for look in "light", "phone-dark":
        browser.look(**LOOKS[look])
        assert browser.too_wide() <= 0
        assert accessibility_violations(browser.driver) == []
        browser.picture(f"webmux-{name}-{look}")


def test_somebody_new_is_told_how_to_get_a_certificate_and_gets_the_orders_with_it(webmux, make_browser, browser_of):
    newcomer = make_browser(webmux.folder / "ca.pem").start()
    page = newcomer.get(webmux.url(number=LEVEL1))
    assert (page.status, page.heading) == (200, "You have no certificate yet") and "expired" in page.text
    assert_everybody_can_read_it(newcomer, "register")
    assert newcomer.get(webmux.url(number=LEVEL2)).error == REFUSED
    mike = browser_of("mike5312", newcomer)
    for level in LEVEL1, LEVEL2:
        page = mike.get(webmux.url(number=level, way="mike's"))
        assert (page.status, page.heading) == (200, "Orders") and "Hello, Mike Maas (mike5312)." in page.text
    assert_everybody_can_read_it(mike, "orders")
    assert mike.get(webmux.url(number=LEVEL0, way="mike's")).heading == "You have no certificate yet"


def test_a_thief_gets_a_page_that_looks_real(webmux, browser_of):
    thief = browser_of("tina4839")
    page = thief.get(webmux.url(number=LEVEL1))
    assert (page.status, page.heading) == (200, "Orders") and "Muster GmbH" in page.text and "Tina" not in page.text
    assert_everybody_can_read_it(thief, "decoy")
    assert thief.get(webmux.url(number=LEVEL2)).error == REFUSED
