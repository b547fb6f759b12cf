# SPDX-License-Identifier: Apache-2.0
"""What `SetHandler clientcert-status` tells, read by parsers that are not ours.

    server.configure(SITE + status.HANDLER)
    before = status.read(server)
    ...
    assert status.difference(before, status.read(server), "denials") == {"rule": 1}"""
import json
import os
from pathlib import Path

import jsonschema
from prometheus_client.openmetrics.parser import text_string_to_metric_families

SCHEMA = Path(os.environ["top_srcdir"], "docs", "status.schema.json")
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


def valid(document):
    """The JSON, if it is as the documentation says."""
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)
    return document


def metrics(server):
    """The text in the format of OpenMetrics, and its families by their names."""
    response = get(server, "openmetrics")
    assert response.header("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    text = response.body.decode()
    return text, {family.name: family for family in text_string_to_metric_families(text)}


def difference(before, after, *path):
    """What has changed of the numbers at that place, by name."""
    for name in path:
        before, after = before[name], after[name]
    return {name: after[name] - before[name] for name in after
            if isinstance(after[name], int) and after[name] != before[name]}
