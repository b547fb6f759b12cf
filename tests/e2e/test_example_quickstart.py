# SPDX-License-Identifier: Apache-2.0
# The quickstart does what it says.
from harness.examples import run_example


def test_quickstart():
    out = run_example("quickstart.sh")
    assert "X-Client-DN: CN=Alice,OU=Fun dept.,O=garex AG,C=DE" in out
    assert "Done: every outcome was as it should be" in out
