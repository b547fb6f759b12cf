# SPDX-License-Identifier: Apache-2.0
"""A server with clientcert-explain at /explain, and places of every kind that a certificate may be refused at.

Alice may ask about others. ALIASES stand in the main server, CONTENTS in each virtual host."""
import json
from urllib.parse import quote

ALIASES = """
<AuthzProviderAlias clientcert-dn boss "CN=Alice,OU=Fun dept.,O=garex AG">
</AuthzProviderAlias>
"""
CONTENTS = r"""
    ClientCertCRL ${crls}
    ClientCertExplainTo %{CLIENTCERT_SUBJECT} eq "CN=Alice,OU=Fun dept.,O=garex AG"
    ClientCertMap staff san:email "([a-z]+)@example\.org" $1
    ClientCertMap staff subject:OU "Fun dept\." fun
    ClientCertMap blocked subject:O ".*" deny
    ScriptAlias /cgi-bin/ ${root}/cgi-bin/
    Redirect /redirected /index.html
    ProxyPass /proxied ${backend}/
    <Location /explain>
        SetHandler clientcert-explain
        ClientCertHeader X-Here "%{CLIENTCERT_SUBJECT}"
        ClientCertHeader X-Shared-Secret "between us: %{CLIENTCERT_SERIAL}"
        ClientCertUseMap staff
    </Location>
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{REQUEST_URI} ne "/x"
        ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT}"
    </Location>
    <Location /rule/two>
        ClientCertRequire "alice@example.org" in clientcert('san:email')
    </Location>
    <Location /require>
        <RequireAny>
            Require ip 192.0.2.1
            Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"
            Require clientcert-san email:*@example.org
        </RequireAny>
    </Location>
    <Location /theirs>
        <RequireAll>
            Require clientcert
            Require ip 192.0.2.1
        </RequireAll>
    </Location>
    <Location /none>
        <RequireAll>
            Require all granted
            <RequireNone>
                Require clientcert-expr %{SSL_CLIENT_S_DN_O} eq "Evil"
            </RequireNone>
        </RequireAll>
    </Location>
    <Location /user>
        AuthType ClientCert
        AuthName x
        Require user alice
        ClientCertUseMap staff
    </Location>
    <Location /named>
        AuthType ClientCert
        AuthName x
        Require valid-user
        ClientCertUseMap blocked
    </Location>
    <Location /both>
        AuthType Basic
        AuthName x
        AuthUserFile ${root}/passwords
        Require valid-user
        ClientCertBasicAuth both
        ClientCertUseMap staff
    </Location>
    <Location /fallback>
        AuthType Basic
        AuthName x
        AuthUserFile ${root}/passwords
        Require valid-user
        ClientCertBasicAuth fallback
        ClientCertUseMap staff
    </Location>
    <Location /after>
        AuthType ClientCert
        AuthName x
        Require valid-user
        ClientCertRequire %{REMOTE_USER} eq "alice"
        ClientCertUseMap staff
    </Location>
    <Location /proxied/closed>
        ClientCertRequire %{SSL_CLIENT_S_DN_CN} eq "Alice"
    </Location>
    <Location /satisfy>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        Require clientcert-dn "CN=Nobody"
        Satisfy Any
        Order allow,deny
        Allow from all
    </Location>
    <Location /unsatisfied>
        Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"
        Satisfy Any
        Order allow,deny
    </Location>
    <Location /address>
        Require clientcert
        Order deny,allow
        Deny from 127.0.0.1
    </Location>
    <Location /aliased>
        Require boss
    </Location>
    <If "%{CLIENTCERT_SUBJECT} =~ /Mallory/ && %{REQUEST_URI} =~ m#^/if#">
        ClientCertRequire false
    </If>
    <Directory ${htdocs}>
        AllowOverride AuthConfig
    </Directory>
"""
PATHS = ("/index.html", "/rule/x.html", "/rule/two/x.html", "/require/x.html", "/theirs/x.html", "/none/x.html", "/user/x.html",
         "/named/x.html", "/both/x.html", "/fallback/x.html", "/after/x.html", "/proxied/open", "/proxied/closed/x", "/satisfy/x.html",
         "/unsatisfied/x.html", "/address/x.html", "/aliased/x.html",
         "/if/x.html", "/htaccess/x.html", "/redirected", "/cgi-bin/seen", "/%2e%2e/%2e%2e/etc/passwd")
MODULES = """http2 alias cgid proxy_http access_compat auth_basic authn_file authz_user authz_host headers"""
HTACCESS = 'Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"\nClientCertRequire %{SSL_CLIENT_S_DN_CN} ne "Bob"\n'


def pages(server):
    for path in PATHS:
        if path.endswith(".html"):
            server.page(path)
    (server.htdocs / "htaccess" / ".htaccess").write_text(HTACCESS)
    (server.root / "passwords").write_text("mallory:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")


def ask(connection, credential, path="/", headers=(), chain=True):
    """What the server would decide of that certificate, as JSON; headers may be more."""
    body = (credential.chain if chain else credential.cert).read_bytes()
    response = post(connection, f"/explain?format=json&path={quote(path, safe='')}", body, dict(headers))
    assert response.status == 200, (response.status, response.text)
    assert response.header("Content-Type") == "application/json"
    return json.loads(response.text)


def post(connection, path, body, headers=()):
    headers = {"Content-Type": "application/x-www-form-urlencoded", **dict(headers)}
    if hasattr(connection, "transport"):
        return connection.get(path, headers, method="POST", body=body)
    return connection.request("POST", path, headers, body)
