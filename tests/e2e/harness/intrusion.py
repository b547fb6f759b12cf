# SPDX-License-Identifier: Apache-2.0
"""Trying to get at a protected place: who may gets it, who may not does not, and the log says why
exactly once."""
import itertools

from .denial import parse

SECRET = "the secret"
RULE = 'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"'
# A place that denies everybody: its line in the log tells that all lines before it are written.
# (On one connection httpd ends a request, and its log, before it answers the next.)
MARKER = """
<Location /marker>
    ClientCertRequire false
</Location>
"""
SETTINGS = "MaxKeepAliveRequests 0\nKeepAliveTimeout 60\n"
numbers = itertools.count(1)


class Intrusion:
    """`people` maps a name to a Credential or None; those in `allowed` may see the secret."""

    def __init__(self, server, people, allowed=("alice",)):
        self._server, self._people, self._allowed = server, people, allowed
        self._open = {}

    def close(self):
        while self._open:
            self._open.popitem()[1].__exit__()

    def attempt(self, path, *, refused=(403,), granted=(200,), secret=SECRET, lines=1, **request):
        """Everybody asks for `path`. Whoever may gets one of the statuses `granted` and a body with
        `secret`, whoever may not one of `refused`, and one line in the log; the refusals."""
        found = []
        for who, http in itertools.product(self._people, ("1.1", "2")):
            response, denials = self.ask(who, path, http, **request)
            what = f"{who} over HTTP/{http}: {response.status} {response.text[:300]}"
            if who in self._allowed:
                assert response.status in granted and secret in response.text, what
                assert not denials, denials
            else:
                assert response.status in refused, what
                assert SECRET not in response.text, what
                assert len(denials) == lines, f"{what}\n" + "\n".join(map(str, denials))
                assert all(one.reason == "rule" for one in denials), denials
                found += denials
        return found

    def ask(self, who, path, http="1.1", method="GET", headers=(), body=b""):
        """The response, and the denials that were logged for it."""
        mark, marker = self._server.mark(), f"/marker/{next(numbers)}"
        connection = self._connection(who, http)
        if http == "2":
            response = connection.get(path, headers, method=method, body=body)
        else:
            response = connection.request(method, path, headers, body)
            if "close" in (response.header("Connection") or "").lower():
                assert connection.closed_by_peer()
                del self._open[who, http]
                connection.close()
                connection = self._connection(who, http)
        connection.get(marker)
        self._server.allow_log("CC0101")
        self._server.errors.wait(f'access to "{marker}" denied', since=mark)
        lines = self._server.log_lines("CC0101", since=mark)
        return response, [one for one in map(parse, lines) if one.uri != marker]

    def _connection(self, who, http):
        """The one that is kept open for all attempts of this test file."""
        if (who, http) not in self._open:
            make = self._server.h2 if http == "2" else self._server.tls
            self._open[who, http] = make(self._people[who])
        return self._open[who, http]
