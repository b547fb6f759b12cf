# SPDX-License-Identifier: Apache-2.0
"""Who a server takes the owner of a certificate for.

    server.configure(users.HEAD + users.location("cn", "ClientCertUser subject:CN"), modules=users.MODULES)
    users.user(server, pki.alice, "cn")      # "alice", or the status where she is not let in
    users.refusal(server)                    # Refusal("no-map-match", why, subject), out of the log"""
import os
import time
from dataclasses import dataclass

from .denial import REST, START, WORD, Reader, unlogged
from .waiting import PATIENCE, wait_until

MODULES = "headers alias authz_user"
# Every path is the same page: what a section says of it is all that differs.
HEAD = """
    KeepAliveTimeout 100
    MaxKeepAliveRequests 0
    AliasMatch "^/" "${htdocs}/index.html"
    Header always set X-User "expr=%{REMOTE_USER}"
"""
TLS = """
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 3
    </VirtualHost>
"""


@dataclass(frozen=True)
class Refusal:
    """What the line of a denied request says, where no rule denied it."""

    reason: str
    why: str = None
    subject: str = None


def location(name, *lines):
    body = "\n".join(lines)
    return f'\n<Location "/{name}">\nAuthType ClientCert\nRequire valid-user\n{body}\n</Location>\n'


def told(response):
    """The user, or the status where there is none."""
    return (response.header("X-User") or "") if response.status == 200 else response.status


def user(server, cert, name, **options):
    with server.tls(cert, **options) as connection:
        return told(connection.get(f"/{name}"))


def becomes(server, cert, name, expected):
    """Waits until whichever child is asked says that; how long that took."""
    started = time.monotonic()
    server.allow_log("CC0101")
    wait_until(lambda: all(user(server, cert, name) == expected for _ in range(6)), f"it is not yet {expected}")
    return time.monotonic() - started


def ends(connection, path, seconds):
    """Waits until a kept connection lets nobody in any more: after that time, and a second to tell it by."""
    started = time.monotonic()
    wait_until(lambda: told(connection.get(path)) == 403, "the user still passes")
    assert time.monotonic() - started < (seconds + 1.2) * PATIENCE


def replace(file, text):
    """Puts another file into the place of one, as careful people do it."""
    fresh = file.with_suffix(".fresh")
    fresh.write_text(text)
    os.rename(fresh, file)


def refusal(server):
    """The one denial of the running test, by a map."""
    return parse(server.expect_log("CC0101", times=1)[0])


def parse(line):
    start = START.match(line)
    assert start, f"no denial: {line!r}"
    reader = Reader(unlogged(line[start.end():]))
    reader.skip("access to ")
    reader.quoted()
    reader.skip(" denied: reason=")
    reason = reader.take(WORD)
    reader.skip(" verify=")
    reader.take(WORD)
    why = reader.quoted() if reader.skips(" why=") else None
    subject = None
    if reader.skips(" serial="):
        reader.take(WORD)
        reader.skip(" issuer=")
        reader.quoted()
        reader.skip(" subject=")
        subject = reader.quoted()
    if reader.skips(", referer: "):
        reader.take(REST)
    assert reader.at_end(), f"more than a denial: {line!r}"
    return Refusal(reason, why, subject)
