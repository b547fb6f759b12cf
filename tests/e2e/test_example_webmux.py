# SPDX-License-Identifier: Apache-2.0
# The example that takes a WebMux's place does what its README says.
from harness.examples import run_example


def test_webmux():
    out = " ".join(run_example("webmux/run.sh").split())
    assert "200 certificates in " in out
    assert "Hello, Mike Maas (mike5312)." in out
    assert 'I was told SUCCESS, subject="UID=mike5312,CN=Mike Maas,O=garex AG,C=DE";' in out
    assert "199 are greeted by their names" in out
    assert "CC0205: handshake refused: reason=revoked" in out
    assert "Done: every outcome was as it should be" in out
