# SPDX-License-Identifier: Apache-2.0
"""The examples as their readers have them after run.sh: the servers stay up, and there are files for browsers.

    @pytest.fixture(scope="module")
    def company():
        with running("company-ca") as example:
            yield example          # example.folder, example.ports, example.url(), example.log()"""
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from harness.waiting import PATIENCE

from .distance import Distance

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
REFUSED = "ERR_BAD_SSL_CLIENT_AUTH_CERT"


class Example:
    """`folder`: where its servers run."""

    def __init__(self, folder, told):
        self.folder = folder
        self.ports = list(dict.fromkeys(re.findall(r"https://localhost:(\d+)/", told)))
        self._far = {}

    def url(self, path="/", number=0, way=""):
        """Of its httpd, which is not on the machine of the browser; number: of the port, as run.sh has told them; way:
        another one is another server to the browser, which remembers what it has shown to each."""
        key = self.ports[number], way
        if key not in self._far:
            self._far[key] = Distance(int(self.ports[number]))
        return f"https://localhost:{self._far[key].port}{path}"

    def run(self, command):
        """What a reader types in that directory."""
        return run(["bash", "-c", command], cwd=self.folder)

    def log(self, name="error.log"):
        return (self.folder / name).read_text()

    def close(self):
        for far in self._far.values():
            far.__exit__()


@contextmanager
def running(name):
    script, place = EXAMPLES / name / "run.sh", Path(tempfile.mkdtemp(prefix="clientcert-example-"))
    place.chmod(0o755)
    environment = os.environ | {"CLIENTCERT_EXAMPLES": str(place), "CLIENTCERT_MODULE": os.environ["MODULE"]}
    try:
        example = Example(place / name / "run", run([script], env=environment))
        yield example
        example.close()
    finally:
        run([script, "--stop"], env=environment)
        shutil.rmtree(place)


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120 * PATIENCE, **options)
    assert done.returncode == 0, done.stdout
    return done.stdout
