# SPDX-License-Identifier: Apache-2.0
# The example that takes a BIG-IP's place does what its README says: each check fails as its table has it.
import re

from harness.examples import EXAMPLES, run_example


def test_big_ip():
    out = " ".join(run_example("big-ip/run.sh").split())
    assert "alert decrypt error" in out
    assert "CC0212: handshake refused: the client does not have the private key" in out
    assert "SSLClientCertStatus: OK" in out
    assert "SSLClientCertStatus: certificate revoked" in out
    reasons = re.findall(r"`reason=([a-z-]+)`", (EXAMPLES / "big-ip/README").read_text())
    assert len(reasons) == 6
    for reason in reasons:
        assert f"CC0205: handshake refused: reason={reason} " in out
    assert "Done: every outcome was as it should be" in out
