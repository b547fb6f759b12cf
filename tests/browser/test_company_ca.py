# SPDX-License-Identifier: Apache-2.0
"""The files that examples/company-ca makes for browsers, in Chromium; and its way to revoke one."""
import re

import pytest
from chromium.examples import REFUSED, running
from harness.waiting import wait_until

REVOKE = """
    openssl ca -config openssl.cnf -passin file:ca/passphrase -revoke alice.crt -crl_reason keyCompromise &&
    openssl ca -config openssl.cnf -passin file:ca/passphrase -gencrl -out ca/new.crl &&
    ./clientcert-check crl ca/new.crl --ca ca.crt && mv ca/new.crl crls/garex.crl
"""


@pytest.fixture(scope="module")
def company():
    with running("company-ca") as example:
        yield example


@pytest.fixture(scope="module")
def alice(company, make_browser):
    browser = make_browser(company.folder / "ca.der")
    browser.store.take_file(company.folder / "alice.p12", "alices-file")
    return browser.start()


def test_alice_is_in_until_she_is_revoked(company, alice):
    page = alice.get(company.url("/fun/"))
    assert page.status == 200 and "UID=alice,CN=Alice Abel,OU=Fun dept.,O=garex AG,C=DE" in page.text
    alice.picture("company-ca-reached")
    company.run(REVOKE)
    seen = []

    def refused():
        seen.append(alice.get(page.url))
        return seen[-1].error
    assert wait_until(refused, "Alice is never refused") == REFUSED
    alice.picture("company-ca-revoked")
    # Before its connection is closed a request may get so far that it is answered.
    assert [one.status for one in seen if one.status not in (200, 403)] == [0]
    assert re.search("CC0205: handshake refused: reason=revoked .*UID=alice", company.log())
