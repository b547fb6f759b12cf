# SPDX-License-Identifier: Apache-2.0
"""clientcert-check, as people and programs see it.

    seen = check("ca.crl", "--ca", pki.ca.cert)
    seen.status, seen.rows["number"], seen.json"""
import json
import os
import re
import subprocess

PROGRAM = os.environ["CLIENTCERT_CHECK"]
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not re.fullmatch(r"(?i)(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE", name)}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
GOOD, BAD, USAGE, REVOKED, WAITING, OVERDUE = range(6)


class Run:
    def __init__(self, *arguments, environment=None, cwd=None):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, encoding="utf-8", timeout=60, cwd=cwd,
                              env={**ENVIRONMENT, **(environment or {})})
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert re.fullmatch(r"[^\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]*", self.out + self.err), "unprintable"

    @property
    def rows(self):
        """What stands behind each label, times as TIME; for one CRL."""
        head, *lines = self.out.splitlines()
        rows = {line[2:16].strip(): re.sub(TIME, "TIME", line[16:]) for line in lines}
        assert len(rows) == len(lines) and all(line.startswith("  ") and line[15] == " " for line in lines), self.out
        return rows

    @property
    def json(self):
        return json.loads(self.out)

    def only_says(self, status, text):
        """Nothing but one line on standard error."""
        assert (self.status, self.out, self.err) == (status, "", f"clientcert-check{text}\n")


def check(*arguments, **options):
    return Run("crl", *arguments, **options)


def complains(text, *arguments):
    check(*arguments).only_says(USAGE, f" crl: {text} (clientcert-check crl --help tells more)")
