# SPDX-License-Identifier: Apache-2.0
"""What `SetHandler clientcert-status` tells, read by parsers that are not ours.

    server.configure(SITE + status.HANDLER)
    before = status.read(server)
    ...
    assert status.difference(before, status.read(server), "denials") == {"rule": 1}"""
import json
from pathlib import Path

HANDLER = """
    <Location /status>
        SetHandler clientcert-status
    </Location>
"""


def get(server, form=None, path="/status", **options):
    return server.curl(f"{path}?format={form}" if form else path, port="http", **options)


def read(server):
    """The JSON, as a dict."""
    response = get(server, "json")
    assert response.status == 200, response
    return json.loads(response.body)


def difference(before, after, *path):
    """What has changed of the numbers at that place, by name."""
    for name in path:
        before, after = before[name], after[name]
    return {name: after[name] - before[name] for name in after
            if isinstance(after[name], int) and after[name] != before[name]}
