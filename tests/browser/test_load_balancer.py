# SPDX-License-Identifier: Apache-2.0
"""examples/load-balancer in a browser: with the file that it makes, and without."""
import pytest
from chromium.examples import REFUSED, running


@pytest.fixture(scope="module")
def balancer():
    with running("load-balancer") as example:
        yield example


def test_with_the_file_for_browsers_both_servers_answer(balancer, make_browser):
    till = make_browser(balancer.folder / "ca.crt")
    till.store.take_file(balancer.folder / "client.p12", "tills-file")
    till.start()
    for _ in range(2):  # they take turns
        page = till.get(balancer.url())
        assert page.status == 200 and "X-Forwarded-Clientcert-subjectdn: CN=Till 7,OU=Shops,O=garex AG" in page.text
    till.picture("load-balancer")


def test_without_it_there_is_no_connection(balancer, make_browser):
    page = make_browser(balancer.folder / "ca.crt").start().get(balancer.url())
    assert (page.status, page.error) == (0, REFUSED)
