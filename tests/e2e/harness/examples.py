# SPDX-License-Identifier: Apache-2.0
# Runs an example of examples/ as a reader does, with the module under test.
import os
import pathlib
import subprocess
import tempfile

EXAMPLES = pathlib.Path(os.environ["top_srcdir"]).resolve() / "examples"


def run_example(script, *arguments, timeout=120):
    """Runs examples/SCRIPT --once in a place of its own; returns all that it printed.

    Every outcome that an example shows it checks itself: another one ends it with an error."""
    with tempfile.TemporaryDirectory(prefix="clientcert-example-") as place:
        os.chmod(place, 0o755)
        done = subprocess.run(
            [EXAMPLES / script, *(arguments or ["--once"])],
            env=os.environ | {
                "CLIENTCERT_EXAMPLES": place,
                "CLIENTCERT_MODULE": str(pathlib.Path(os.environ["MODULE"]).resolve()),
            },
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=timeout)
        assert done.returncode == 0, done.stdout
        return done.stdout
