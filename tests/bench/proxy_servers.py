# SPDX-License-Identifier: Apache-2.0
"""The servers of the proxy bench: a backend that demands a certificate of its proxies, those proxies, and an httpd that
takes certificates in. Each one process that serves in one thread, but for timed runs of httpd."""

import contextlib
import os
import pwd
import shutil
import socket

from crl_servers import Server, listens, load_module, search_path

BODY = "x" * 1024
# What the backend answers to GET /seen: everything that may have the certificate in it.
SEEN = "$http_x_ssl_client_cert$http_x_ssl_cert$http_client_cert"
LONG = "10000000"


class Proxy(Server):
    """Between the client and the backend. `lines` pass the certificate on, in the server's own words."""

    def __init__(self, bench, lines="", backend=None, wrapper=()):
        super().__init__(bench)
        self.lines, self.backend, self.wrapper = lines, backend, list(wrapper)
        self.directory = bench.work / f"server.{self.name}"

    def command(self):
        return [*self.wrapper, *self.own_command()]

    def own_command(self):
        raise NotImplementedError

    def ready(self):
        return listens(self.ports[0])

    def __exit__(self, *_):
        self._process.terminate()
        with contextlib.suppress(OSError):  # under valgrind no signal wakes nginx, but this does
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        super().__exit__()

    @property
    def port(self):
        return self.ports[0]

    @property
    def account(self):
        return pwd.getpwnam(self.bench.servant) if os.getuid() == 0 else None


class Nginx(Proxy):
    """Without a master process."""

    name = program = "nginx"

    def own_command(self):
        return [shutil.which(self.program, path=search_path()), "-p", self.directory, "-c", self.directory / "conf",
                "-e", self.directory / "error.log"]

    def configuration(self):
        directory, pki = self.directory, self.bench.pki
        temporary = "".join(f"{kind}_temp_path {directory}/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""
            daemon off;
            master_process off;
            pid {directory}/pid;
            error_log {directory}/error.log warn;
            events {{ worker_connections 256; }}
            http {{
                access_log off;
                client_header_timeout 300s;
                keepalive_timeout 300s;
                keepalive_requests {LONG};
                large_client_header_buffers 4 64k;
                {temporary}
                {self.upstream()}
                server {{
                    listen 127.0.0.1:{self.port} ssl;
                    ssl_protocols TLSv1.3;
                    ssl_certificate {pki}/server.pem;
                    ssl_certificate_key {pki}/server.key;
                    ssl_client_certificate {pki}/ca.pem;
                    ssl_verify_client on;
                    {self.location()}
                }}
            }}
            """

    def upstream(self):
        return f"upstream behind {{ server 127.0.0.1:{self.backend}; keepalive 16; keepalive_requests {LONG}; }}"

    def location(self):
        pki = self.bench.pki
        return f"""location / {{
                        proxy_pass https://behind;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_ssl_certificate {pki}/proxy.pem;
                        proxy_ssl_certificate_key {pki}/proxy.key;
                        proxy_ssl_trusted_certificate {pki}/ca.pem;
                        proxy_ssl_verify on;
                        proxy_ssl_name localhost;
                        proxy_ssl_protocols TLSv1.3;
                        {self.lines}
                    }}"""


class Backend(Nginx):
    name = "backend"

    def upstream(self):
        return ""

    def location(self):
        return (f'location = /seen {{ default_type text/plain; return 200 "{SEEN}"; }}\n'
                f'location / {{ default_type text/plain; return 200 "{BODY}"; }}')


class HAProxy(Proxy):
    name, program = "HAProxy", "haproxy"

    def own_command(self):
        return [shutil.which(self.program, path=search_path()), "-db", "-f", self.directory / "conf"]

    def configuration(self):
        pki = self.bench.pki
        both = self.directory / "server.pem"
        both.write_text((pki / "server.pem").read_text() + (pki / "server.key").read_text())
        return f"""
            global
                {f"uid {self.account.pw_uid}" if self.account else ""}
                {f"gid {self.account.pw_gid}" if self.account else ""}
                nbthread 1
                maxconn 256
                ssl-default-bind-options ssl-min-ver TLSv1.3
            defaults
                mode http
                timeout connect 300s
                timeout client 300s
                timeout server 300s
                timeout http-request 300s
                timeout http-keep-alive 300s
            frontend bench
                bind 127.0.0.1:{self.port} ssl crt {both} ca-file {pki}/ca.pem verify required
                {self.lines}
                default_backend behind
            backend behind
                http-reuse always
                default-server ssl crt {pki}/proxy.all ca-file {pki}/ca.pem verify required verifyhost localhost
                server one 127.0.0.1:{self.backend}
            """


class Httpd(Proxy):
    """With the prefork MPM and -X for instructions, with event and one child for time: see `in_time`."""

    name = program = "httpd"
    in_time = False
    extra = ("proxy", "proxy_http", "headers")

    def own_command(self):
        return [self.bench.httpd, "-DFOREGROUND" if self.in_time else "-X", "-f", self.directory / "conf"]

    def configuration(self):
        return "\n".join([*self.modules(), self.global_lines(), self.host_lines(), ""])

    def modules(self):
        mpm = "mpm_event" if self.in_time else "mpm_prefork"
        yield from (load_module(self.bench, name, required=name != "unixd")
                    for name in (mpm, "unixd", "authz_core", "ssl", *self.extra))
        if "ClientCert" in self.lines:
            yield f'LoadModule clientcert_module "{self.bench.module}"'

    def global_lines(self):
        account = f'User "{self.account.pw_name}"\nGroup "#{self.account.pw_gid}"' if self.account else ""
        children = "StartServers 1\nServerLimit 1\nThreadsPerChild 32\nMaxRequestWorkers 32" if self.in_time else ""
        return f"""
            {account}
            {children}
            ServerRoot "{self.directory}"
            DefaultRuntimeDir "{self.directory}"
            PidFile "{self.directory}/pid"
            ErrorLog "{self.directory}/error.log"
            LogLevel warn ssl:error
            ServerName localhost
            Listen 127.0.0.1:{self.port}
            KeepAlive On
            KeepAliveTimeout 300
            MaxKeepAliveRequests 0
            Timeout 300
            """

    def host_lines(self):
        pki = self.bench.pki
        return f"""
            <VirtualHost 127.0.0.1:{self.port}>
            SSLEngine on
            SSLProtocol TLSv1.3
            SSLCertificateFile "{pki}/server.pem"
            SSLCertificateKeyFile "{pki}/server.key"
            SSLCACertificateFile "{pki}/ca.pem"
            SSLVerifyClient require
            SSLProxyEngine on
            SSLProxyProtocol TLSv1.3
            SSLProxyMachineCertificateFile "{pki}/proxy.all"
            SSLProxyCACertificateFile "{pki}/ca.pem"
            SSLProxyCheckPeerName on
            ProxyPass / https://localhost:{self.backend}/
            {self.lines}
            </VirtualHost>
            """


class HttpdInTime(Httpd):
    in_time = True


class Intake(Httpd):
    """Behind a proxy: no TLS; what it costs beyond that is the header."""

    extra = ()

    def host_lines(self):
        (self.directory / "htdocs").mkdir()
        (self.directory / "htdocs/file.txt").write_text(BODY)
        return f"""
            LimitRequestFieldSize 16380
            <VirtualHost 127.0.0.1:{self.port}>
            DocumentRoot "{self.directory}/htdocs"
            {self.lines.format(pki=self.bench.pki)}
            </VirtualHost>
            """


class IntakeInTime(Intake):
    in_time = True
