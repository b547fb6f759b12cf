# SPDX-License-Identifier: Apache-2.0
"""examples/error-pages.conf as it is in the tree, with paths that are here."""
from pathlib import Path

from harness.crls import folder

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
PAGE = EXAMPLES / "error-pages/certificate.shtml"
MODULES = "include alias mime env setenvif headers"
# What the page says in its heading.
NOBODY, EXPIRED, REVOKED = "for people with a certificate", "has expired", "has been revoked"
PASSWORD, WRONG_PASSWORD, OTHER_USER = "wants a password", "password is wrong", "belong to different people"


def error_pages(server):
    """The text of that file; the page is copied to where the server's children can read it."""
    pages = folder(server, "pages")
    for page in PAGE.parent.iterdir():
        (pages / page.name).write_text(page.read_text())
    text = (EXAMPLES / "error-pages.conf").read_text()
    paths = {'"/etc/pki/garex/client-ca.pem"': "${ca}",
             '"/usr/share/doc/mod_clientcert/examples/error-pages/"': f'"{pages}/"'}
    for was, here in paths.items():
        assert text.count(was) == 1, was
        text = text.replace(was, here)
    return text
