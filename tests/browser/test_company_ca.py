# SPDX-License-Identifier: Apache-2.0
"""The files that examples/company-ca makes for browsers, in Chromium; and its way to revoke one."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from chromium.distance import Distance
from harness.waiting import PATIENCE, wait_until

RUN = Path(__file__).resolve().parents[2] / "examples/company-ca/run.sh"
REVOKE = """
    openssl ca -config openssl.cnf -passin file:ca/passphrase -revoke alice.crt -crl_reason keyCompromise &&
    openssl ca -config openssl.cnf -passin file:ca/passphrase -gencrl -out ca/new.crl &&
    ./clientcert-check crl ca/new.crl --ca ca.crt && mv ca/new.crl crls/garex.crl
"""


def run(command, environment=os.environ, **options):
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120 * PATIENCE, **options)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def company():
    """The example, which stays up: the directory of its server, and the port."""
    place = Path(tempfile.mkdtemp(prefix="clientcert-example-"))
    place.chmod(0o755)
    environment = os.environ | {"CLIENTCERT_EXAMPLES": str(place), "CLIENTCERT_MODULE": os.environ["MODULE"]}
    try:
        told = run([RUN], environment)
        yield place / "company-ca/run", int(re.search(r"https://localhost:(\d+)/", told)[1])
    finally:
        run([RUN, "--stop"], environment)
        shutil.rmtree(place)


@pytest.fixture(scope="module")
def alice(company, make_browser):
    folder, _ = company
    browser = make_browser(folder / "ca.der")
    browser.store.take_file(folder / "alice.p12", "alices-file")
    return browser.start()


def test_alice_is_in_until_she_is_revoked(company, alice):
    folder, port = company
    with Distance(port) as far:
        page = alice.get(f"https://localhost:{far.port}/fun/")
        assert page.status == 200 and "UID=alice,CN=Alice Abel,OU=Fun dept.,O=garex AG,C=DE" in page.text
        alice.picture("company-ca-reached")
        run(["bash", "-c", REVOKE], cwd=folder)
        seen = []

        def refused():
            seen.append(alice.get(page.url))
            return seen[-1].error
        assert wait_until(refused, "Alice is never refused") == "ERR_BAD_SSL_CLIENT_AUTH_CERT"
        alice.picture("company-ca-revoked")
    # Before its connection is closed a request may get so far that it is answered.
    assert [one.status for one in seen if one.status not in (200, 403)] == [0]
    assert re.search("CC0205: handshake refused: reason=revoked .*UID=alice", (folder / "error.log").read_text())
