# SPDX-License-Identifier: Apache-2.0
"""examples/load-balancer in a browser: without the file that it makes, and with it."""
import pytest
from chromium.examples import REFUSED, running
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def balancer():
    with running("load-balancer") as example:
        yield example


def test_without_the_file_for_browsers_there_is_no_connection_and_with_it_both_servers_answer(balancer, make_browser):
    till = make_browser(balancer.folder / "ca.crt").start()
    page = till.get(balancer.url())
    assert (page.status, page.error) == (0, REFUSED)
    till.store.take_file(balancer.folder / "client.p12", "tills-file")
    answered = set()

    def both():
        page = till.get(balancer.url(way="with it"))
        assert page.status == 200 and "X-Forwarded-Clientcert-subjectdn: CN=Till 7,OU=Shops,O=garex AG" in page.text
        answered.add(page.text.partition(".")[0])
        till.driver.execute_script("return fetch('/').then(one => one.ok)")  # else the icon always has the other one's turn
        return answered == {"Hello, I am ECS01", "Hello, I am ECS02"}
    wait_until(both, lambda: f"of the two there is only one: {answered}")
    till.picture("load-balancer")
