# SPDX-License-Identifier: Apache-2.0
"""What everything in a server says of a client's certificate: our rules, headers and variables, and mod_ssl
in each of its ways to say it.

    configure(server, HOST, {"https": ""}, flawed, backends)
    with connect(server, credential, "h2 1.3") as connection:
        assert_bad(connection, "expired", credential)

`credential` is one of harness.flawed. Each assertion causes two lines CC0101, but for a good certificate."""
import base64
import hashlib
import ssl
from urllib.parse import unquote

from .crls import folder
from .flawed import SECRET, SUBJECT, WEAK
from .load import prompt
from .waiting import wait_until

MODULES = "http2 headers rewrite alias proxy_http proxy_fcgi"
CONTENTS = """
    RewriteEngine On
    RewriteRule ^ - [E=REWRITE:%{SSL:SSL_CLIENT_VERIFY}]
    Header always set X-Ours "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    Header always set X-Subject "expr=%{CLIENTCERT_SUBJECT}"
    Header always set X-Resumed "expr=%{SSL_SESSION_RESUMED}"
    Header always set X-Theirs-In-Expr "expr=%{SSL_CLIENT_VERIFY}"
    Header always set X-Theirs-In-Header "%{SSL_CLIENT_VERIFY}s"
    Header always set X-Theirs-In-Rewrite "%{REWRITE}e"
    ErrorDocument 403 "refused: %{CLIENTCERT_REASON}"
    CustomLog logs/verdicts "%{SSL_CLIENT_VERIFY}x %{CLIENTCERT_VERIFY}e %{CLIENTCERT_REASON}e %>s %U"
    ProxyPass /app ${application}/app
    ProxyPass /seen ${backend}/seen
    <Location /app>
        ClientCertEnv On
        SSLOptions +StdEnvVars +ExportCertData
    </Location>
    <Location /seen>
        ClientCertForward rfc9440 xfcc nginx traefik aws f5 elb webmux
        ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT} %{SSL_CLIENT_S_DN} %{SSL_CLIENT_CERT}"
        ClientCertHeader X-Client-Verify "%{SSL_CLIENT_VERIFY}"
    </Location>
    <Location /seen/haproxy>
        ClientCertForward haproxy
    </Location>
    <Location /line>
        Require clientcert
    </Location>
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS" or %{SSL_CLIENT_S_DN_CN} ne ""
    </Location>
    <Location /theirs/peer>
        Require ssl-verify-client
    </Location>
    <Location /theirs/expr>
        Require expr %{SSL_CLIENT_VERIFY} == 'SUCCESS'
    </Location>
    <Location /theirs/asked>
        Require expr %{CLIENTCERT_VERIFY} == 'SUCCESS'
    </Location>
"""
OURS = ("/line", "/rule")
THEIRS = ("/theirs/peer", "/theirs/expr", "/theirs/asked")
# Where it comes from -> SSL_CLIENT_VERIFY as mod_ssl says it: before and after its access check.
SAYINGS = ("X-Theirs-In-Rewrite", "X-Theirs-In-Expr", "X-Theirs-In-Header")
# Of HTTP/2, with empty SETTINGS.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
HOWS = ("1.2", "1.3", "h2 1.2", "h2 1.3")


def pages(server):
    for path in OURS + THEIRS:
        server.page(path)
    server.allow_log("AH01630", always=True)  # mod_authz_core, of each refused Require line


def configure(server, host, ports, flawed, backends, **names):
    """`host`, with what it says beside that, for each of the ports."""
    text = "Protocols h2 http/1.1\nKeepAliveTimeout 60\nMaxKeepAliveRequests 0\n" + "".join(
        host % (port, settings + CONTENTS) for port, settings in ports.items())
    server.configure(text, modules=MODULES, ports=" ".join(ports), cas=flawed.bundle, crls=folder(server),
                     backend=backends.http.url, application=backends.fcgi.url, **names)
    pages(server)


def connect(server, credential, how="1.3", **options):
    """how: a TLS version, with "h2 " before it or not. A weak certificate can be presented, too."""
    protocol, version = how.rpartition(" ")[::2]
    options.setdefault("ciphers", WEAK)
    connection = (server.h2 if protocol else server.tls)(credential, version=version, **options)
    prompt(connection.transport if protocol else connection)
    return connection


def outcome(server, credential, how="1.3", path="/index.html", **options):
    """The status of a request on a new connection, or the alert that comes instead."""
    h2 = how.startswith("h2")
    try:
        with connect(server, credential, how[-3:], alpn=["h2"] if h2 else None, **options) as connection:
            # One write and no more: with TLS 1.3 the server may have ended the connection by then.
            if not h2:
                return connection.get(path).status
            connection.send(PREFACE)
            assert connection.socket.recv(1), "the server closed the connection"
        with connect(server, credential, how, **options) as connection:
            return connection.get(path).status
    except ssl.SSLError as error:
        return error.reason


def believed(server):
    """Of all requests so far, by the access log: those where mod_ssl said SUCCESS, and not we."""
    server.settle()
    lines = (server.root / "logs" / "verdicts").read_text().splitlines()
    assert any(line.startswith("SUCCESS SUCCESS ") for line in lines)
    return [line for line in lines if line.startswith("SUCCESS ") and not line.startswith("SUCCESS SUCCESS ")]


def is_h2(connection):
    return hasattr(connection, "transport")


def told(connection):
    """VERIFY and REASON, as a page of any host has them."""
    response = connection.get("/index.html")
    assert response.status == 200, response.status
    return response.header("X-Ours")


def becomes(server, credential, wanted, **options):
    """Waits until a new connection of that client is told VERIFY and REASON like that."""
    last = []

    def there():
        with connect(server, credential, **options) as connection:
            response = connection.get("/index.html")
            last[:] = [response.header("X-Ours") if response.status == 200 else response.status]
            return last == [wanted]
    wait_until(there, lambda: f"{last[0]}, not {wanted}:\n" + "\n".join(server.log_lines("CC0")[-20:]))


def theirs(connection):
    """SSL_CLIENT_VERIFY by every other module."""
    response = connection.get("/index.html")
    environment = connection.get("/app").seen.env
    return {**{name: response.header(name) for name in SAYINGS}, "StdEnvVars": environment["SSL_CLIENT_VERIFY"]}


def environment(connection):
    """Our variables."""
    prefix = "CLIENTCERT_"
    seen = connection.get("/app").seen
    return {name.removeprefix(prefix): text for name, text in seen.env.items() if name.startswith(prefix)}


def statuses(connection, paths):
    return {path: connection.get(path).status for path in paths}


def shown(seen, credential):
    """The headers that have a trace of the certificate."""
    traces = [SECRET, base64.b64encode(credential.der).decode()[:40], hashlib.sha256(credential.der).hexdigest()]
    return [name for name, value in seen.headers if any(trace in unquote(value) for trace in traces)]


def assert_refused(connection, reason, paths=OURS + THEIRS):
    for path in paths:
        response = connection.get(path)
        assert (path, response.status, response.text) == (path, 403, f"refused: {reason}")


def assert_bad(connection, reason, credential):
    """The request goes on and everybody knows better than to believe the certificate."""
    assert (said := told(connection)) == f"FAILED {reason}", said
    assert not connection.get("/index.html").header("X-Subject")
    sayings = theirs(connection)
    assert all(said == "GENEROUS" or said.startswith("FAILED") for said in sayings.values()), sayings
    assert environment(connection) == {"VERIFY": "FAILED", "REASON": reason}
    seen = connection.get("/seen").seen
    assert shown(seen, credential) == shown(connection.get("/seen/haproxy").seen, credential) == []
    assert seen.value("X-Client-Verify") == seen.value("X-WebMux-SSL-Client-Verify") == f"FAILED:{reason}"
    assert seen.value("X-WebMux-SSL-Client") == "NO CLIENT CERTIFICATE"
    assert_refused(connection, reason)


def assert_good(connection, credential):
    assert (said := told(connection)) == "SUCCESS none", said
    sayings = theirs(connection)
    assert set(sayings.values()) == {"SUCCESS"}, sayings
    assert SECRET in environment(connection)["SUBJECT"] and SECRET in SUBJECT
    names = {name.lower() for name in shown(connection.get("/seen").seen, credential)}
    assert len(names) > 9 and {"client-cert", "x-client", "x-forwarded-client-cert", "x-webmux-ssl-client"} <= names, names
    assert shown(connection.get("/seen/haproxy").seen, credential)
    # mod_ssl's own line always refuses with HTTP/2.
    expected = {path: 403 if path == "/theirs/peer" and is_h2(connection) else 200 for path in OURS + THEIRS}
    assert statuses(connection, OURS + THEIRS) == expected


def assert_none(connection):
    assert (said := told(connection)) == "NONE none", said
    sayings = theirs(connection)
    assert set(sayings.values()) == {"NONE"}, sayings
    assert environment(connection) == {"VERIFY": "NONE", "REASON": "none"}
    seen = connection.get("/seen").seen
    assert seen.value("X-Client-Verify") == "NONE"
    assert (seen.value("Client-Cert"), seen.value("X-Client")) == (None, None)
    assert seen.value("X-WebMux-SSL-Client") == "NO CLIENT CERTIFICATE"
    assert set(statuses(connection, OURS + THEIRS).values()) == {403}
