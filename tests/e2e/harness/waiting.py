# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, never for a time."""
import os
import time

# A sanitizer or valgrind makes a server slow: all patience is a multiple of this.
PATIENCE = float(os.environ.get("E2E_PATIENCE") or 1)


def wait_until(condition, what, timeout=10):
    """The first true answer of `condition`; TimeoutError says `what` never came true.

    `what` may be a function: it is asked only when the time is up."""
    end = time.monotonic() + timeout * PATIENCE
    pause = 0.002
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"after {timeout * PATIENCE:g} s: {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
