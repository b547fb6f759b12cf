# SPDX-License-Identifier: Apache-2.0
# Smart cards, played by SoftHSM: users by UPN and EDIPI, card CAs, large and late CRLs.
import re

from harness.examples import run_example


def test_smart_card():
    out = " ".join(run_example("smart-card/run.sh").split())  # log lines are folded anywhere
    for user in ("jane.doe", "1098765432", "mary.major", "1122334455"):
        assert f"X-Client-User: {user} " in out
    assert "Login failed" in out and "curl: (58)" in out
    assert "in force: 100001 entries" in out
    assert "alert certificate revoked" in out
    for reason in ("unknown-issuer", "crl-expired"):
        assert f"reason={reason} verify=FAILED" in out
    assert not re.search(r"(pin|pin-value|passin pass)[ =:]*246810", out)
    assert "Done: every outcome was as it should be" in out
