# SPDX-License-Identifier: Apache-2.0
"""A person's certificate store, in the place of the home directory where Chromium looks for it."""
import subprocess

from harness.pki import openssl
from harness.waiting import PATIENCE


class Store:
    """By the commands of libnss3-tools, as a person would type them."""

    def __init__(self, home):
        self._home = home
        folder = home / ".pki" / "nssdb"
        folder.mkdir(parents=True)
        self._database = f"sql:{folder}"
        self._run("certutil", "-N", "--empty-password")

    def trust(self, authority):
        """A CA whose servers are believed: its certificate, PEM or DER."""
        self._run("certutil", "-A", "-t", "C,,", "-n", str(authority), "-i", authority)

    def take(self, credential, name):
        """A key and its certificate, by way of PKCS#12."""
        file = self._home / f"{name}.p12"
        openssl("pkcs12", "-export", "-in", credential.chain, "-inkey", credential.key, "-name", name,
                "-passout", "pass:secret", "-out", file)
        self.take_file(file, "secret")

    def take_file(self, file, password):
        self._run("pk12util", "-i", file, "-W", password)

    def _run(self, program, *arguments):
        done = subprocess.run([program, "-d", self._database, *map(str, arguments)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=30 * PATIENCE)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
