# SPDX-License-Identifier: Apache-2.0
"""Password files, Authorization headers, and a page that tells what it knows of its reader.

    password_file(server, alice="wonderland", bob="builder")
    server.page("open/who.shtml", WHO)          # modules="include"; LOGIN_PAGES in the configuration
    told(connection.get("/open/who.shtml", basic("alice", "wonderland"))).user"""
import base64
import re
import subprocess
from dataclasses import dataclass

NAMES = {"user": "REMOTE_USER", "type": "AUTH_TYPE", "certificate": "CLIENTCERT_USER", "by": "CLIENTCERT_AUTH",
         "reason": "CLIENTCERT_REASON"}
WHO = "".join(f'{name}=<!--#echo encoding="none" var="{variable}" -->\n' for name, variable in NAMES.items())
# Server-side includes are quicker than a CGI script, and get the same variables.
LOGIN_PAGES = """
TypesConfig /dev/null
AddType text/plain .shtml
AddOutputFilter INCLUDES .shtml
ClientCertEnv On
<Directory ${htdocs}>
    Options +Includes
</Directory>
"""
# A place for each mode of ClientCertBasicAuth; /off/ has none.
MODE_PLACES = """
    <LocationMatch "^/(off|fallback|both|same-user)/">
        AuthType Basic
        AuthName here
        AuthUserFile ${root}/passwords
        Require valid-user
    </LocationMatch>
    <Location /fallback>
        ClientCertBasicAuth fallback
    </Location>
    <Location /both>
        ClientCertBasicAuth both
    </Location>
    <Location /same-user>
        ClientCertBasicAuth same-user
    </Location>
"""


@dataclass(frozen=True)
class Told:
    """What WHO says; "" where a variable has no value."""

    user: str = ""
    type: str = ""
    certificate: str = ""
    by: str = ""
    reason: str = ""


def told(response):
    found = dict(re.findall(r"^(\w+)=(.*)$", response.text, re.M))
    assert found.keys() == NAMES.keys(), f"{response.status} {response.text}"
    return Told(**{name: "" if value == "(none)" else value for name, value in found.items()})


def password_file(server, name="passwords", **people):
    """An htpasswd file that the server's children can read."""
    path = server.root / name
    path.write_text("".join(entry(user, password) for user, password in people.items()))
    path.chmod(0o644)
    return path


def entry(user, password):
    return subprocess.run(["htpasswd", "-nbB", "-C", "4", user, password], check=True, capture_output=True,
                          text=True).stdout.strip() + "\n"


def basic(user, password):
    """The headers of a request with a password."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Clients:
    """Connections to a server by certificate and HTTP version, each open until it is closed by the server."""

    def __init__(self, server, certificates):
        self._server, self._certificates, self._open = server, certificates, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        while self._open:
            self._open.popitem()[1].__exit__()

    def ask(self, who, path, headers=(), http="1.1", method="GET", body=b"", port="https"):
        key = who, http, port
        if key not in self._open:
            make = self._server.h2 if http == "2" else self._server.tls
            self._open[key] = make(self._certificates[who], port=port)
        if http == "2":
            return self._open[key].get(path, headers, method=method, body=body)
        response = self._open[key].request(method, path, headers, body)
        if "close" in (response.header("Connection") or "").lower():
            self._open.pop(key).close()
        return response
