# SPDX-License-Identifier: Apache-2.0
"""nginx and HAProxy, each a private process on a free port, to stand in front of a server or behind it.

    with Nginx(pki, 'proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;', to=server.ports["http"]) as nginx:
        assert nginx.status("/", cert=pki.alice) == 200

Where a program is not installed, `needs("nginx", "haproxy")` skips the test file."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from . import clients, processes
from .ports import Ports, accepts
from .server import _die_with_parent
from .waiting import wait_until

PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin:/sbin"


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program, path=PATH)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: apt-get install {' '.join(missing)}", allow_module_level=True)


class Proxy(clients.Clients):
    """A context; `lines` is configuration in the program's own words, `to` the port that requests go on to, `verify` how
    the program says that it asks for a certificate."""

    program = verify = None

    def __init__(self, pki, lines, to=None, host="localhost", verify=None):
        self.pki = pki
        self.root = Path(tempfile.mkdtemp(prefix="clientcert-"))
        self.root.chmod(0o711)
        self._held = Ports()
        self.ports = {"https": self._held.take()}
        self._conf, self._log = self.root / "conf", self.root / "log"
        self._conf.write_text(self.configuration(lines, to, host, verify or self.verify) + "\n")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([shutil.which(self.program, path=PATH), *self.arguments()], cwd=self.root,
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_die_with_parent)
        try:
            wait_until(self._up, lambda: f"{self.program} is not up:\n{self._log.read_text()}")
        except BaseException:
            self.close()
            raise

    def _up(self):
        assert self._process.poll() is None, f"{self.program} ended:\n{self._log.read_text()}"
        return accepts(self.ports["https"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        workers = processes.children(self._process.pid)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            for pid in (*workers, self._process.pid):
                processes.kill(pid)
            self._process.wait()
        self._held.release()
        shutil.rmtree(self.root)

    def configuration(self, lines, to, host, verify):
        raise NotImplementedError

    def arguments(self):
        raise NotImplementedError


class Nginx(Proxy):
    program, verify = "nginx", "optional"

    def arguments(self):
        return ["-p", str(self.root), "-c", str(self._conf), "-e", str(self._log)]

    def configuration(self, lines, to, host, verify):
        """It keeps its connections to the server behind it open; without one, `lines` say what is answered."""
        server, temporary = self.pki.server, "".join(
            f"{kind}_temp_path {self.root}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        upstream = f"upstream behind {{ server 127.0.0.1:{to}; keepalive 4; }}" if to else ""
        passing = f"""proxy_pass http://behind;
                      proxy_http_version 1.1;
                      proxy_set_header Connection "";
                      proxy_set_header Host {host};""" if to else ""
        return f"""
            {"user www-data;" if os.getuid() == 0 else ""}
            daemon off;
            worker_processes 1;
            pid {self.root}/pid;
            events {{ worker_connections 128; }}
            http {{
                access_log off;
                large_client_header_buffers 4 64k;
                {temporary}
                {upstream}
                server {{
                    listen 127.0.0.1:{self.ports["https"]} ssl http2;
                    ssl_certificate {server.chain};
                    ssl_certificate_key {server.key};
                    ssl_client_certificate {self.pki.ca.cert};
                    ssl_verify_depth 5;
                    ssl_verify_client {verify};
                    location / {{
                        {passing}
                        {lines}
                    }}
                }}
            }}
            """


class HAProxy(Proxy):
    program, verify = "haproxy", "optional"

    def arguments(self):
        return ["-db", "-f", str(self._conf)]

    def configuration(self, lines, to, host, verify):
        account = "user www-data\n                group www-data" if os.getuid() == 0 else ""
        tls = f"ssl crt {self.pki.server.pem} ca-file {self.pki.ca.cert} alpn h2,http/1.1 verify {verify}"
        behind = f"""
            backend behind
                http-reuse always
                server one 127.0.0.1:{to}""" if to else ""
        return f"""
            global
                {account}
                nbthread 1
                maxconn 128
                tune.bufsize 65536
            defaults
                mode http
                timeout connect 10s
                timeout client 60s
                timeout server 60s
            frontend before
                bind 127.0.0.1:{self.ports["https"]} {tls}
                {"http-request set-header Host " + host if to else ""}
                {lines}
                {"default_backend behind" if to else ""}
            {behind}
            """
