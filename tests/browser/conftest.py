# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests have (a private httpd, a PKI; see tests/e2e/conftest.py), and Chromium.

    @pytest.fixture(scope="module", autouse=True)
    def site(server, pki, browser):
        server.configure(...)
        server.start()
        browser.hold(pki.alice)
        browser.start()

    def test_alice_gets_the_page(server, browser):
        assert browser.get(server.url("/")).status == 200

Pictures of what people see go to $BROWSER_PICTURES, if that is set."""
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "e2e"))

from chromium.browser import Browser  # noqa: E402
from harness.fixtures import *  # noqa: E402, F403


@pytest.fixture(scope="module")
def make_browser(pki):
    """Makes a browser, not yet started; ended when the file is done."""
    made = []

    def make(trusted=pki.ca.cert):
        made.append(Browser(trusted))
        return made[-1]

    yield make
    for browser in made:
        browser.close()


@pytest.fixture(scope="module")
def browser(make_browser):
    """The file's browser, without a certificate, not yet started."""
    return make_browser()
