# SPDX-License-Identifier: Apache-2.0
"""The servers of the CRL bench, each with one configuration for all that is measured: TLS 1.3, a certificate required,
four workers, and a number of virtual hosts that each have the CRL."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess

import processes
from crl_client import Client

WORKERS = 4
THREADS = 16  # of a worker, where it has some
BODY = "x" * 64


class Bench:
    """What all servers share: the directory with the certificates, and whom to be."""

    def __init__(self, work, httpd, modules, module, servant):
        self.work, self.pki = work, work / "pki"
        self.httpd, self.modules, self.module, self.servant = httpd, modules, module, servant


class ServerFailed(Exception):
    """It did not start, or died; the message says what it said last."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A private server on loopback ports, one for each virtual host; a context that ends it."""

    name = program = None
    threads = 1  # that one worker has for handshakes
    takes_changes = False  # without being told

    def __init__(self, bench, crl=None, hosts=1, workers=WORKERS):
        self.bench, self.crl, self.hosts, self.worker_count = bench, crl, hosts, workers
        self.directory = bench.work / f"{self.name}.{'listed' if crl else 'plain'}"
        self.ports = []
        self._process = None

    @classmethod
    def missing(cls, _bench):
        """What is not installed, or nothing."""
        return None if shutil.which(cls.program, path=search_path()) else f"{cls.program} is not installed"

    def configuration(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        self.directory.chmod(0o755)
        self.ports = [free_port() for _ in range(self.hosts)]
        (self.directory / "conf").write_text(self.configuration() + "\n")
        with open(self.directory / "out", "wb") as out:
            self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            self.wait(f"{self.name} serves", self.ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        members = processes.family(self.pid)
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            for pid in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()

    @property
    def pid(self):
        return self._process.pid

    def wait(self, what, condition):
        """For a condition, as long as the server lives."""
        def met():
            if self._process.poll() is not None:
                raise ServerFailed(f"{self.name} died ({self._process.returncode}): {self.last_words()}")
            return condition()
        return processes.wait_for(what, met)

    def last_words(self):
        said = (self.directory / "out").read_text(errors="replace")
        log = self.directory / "error.log"
        return (said + (log.read_text(errors="replace") if log.exists() else ""))[-2000:]

    def ready(self):
        return len(self.workers()) == self.worker_count and all(listens(port) for port in self.ports)

    def processes(self):
        return processes.family(self.pid)

    def workers(self):
        return processes.children(self.pid)

    def memory(self):
        return processes.memory(self.processes())

    def client(self, certificate, host=0):
        return Client(self.bench.pki, certificate, self.ports[host])

    def reload(self):
        """Asks for a new generation of workers, as after a change; returns at once."""
        raise NotImplementedError

    def renew(self, draining=False):
        """A new generation of workers; returns when it is complete, and the old one gone, unless it drains."""
        old = set(self.workers())
        self.reload()

        def complete():
            workers = set(self.workers())
            new = workers - old
            return len(new) == self.worker_count and (draining or workers == new) and new
        new = self.wait("the new generation", complete)
        self.wait("the server serves again", lambda: all(listens(port) for port in self.ports))
        return sorted(new)


def search_path():
    return os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin:/sbin"


def listens(port):
    """Without a word to it: whether the kernel has a listening socket."""
    wanted = f"0100007F:{port:04X}"
    rows = (line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any(row[1] == wanted and row[3] == "0A" for row in rows)


class Httpd(Server):
    """With the event MPM."""

    threads = THREADS

    @classmethod
    def missing(cls, bench):
        for module in ("mpm_event", "ssl"):
            if not load_module(bench, module, required=False):
                return f"{bench.httpd} has no mod_{module}"
        return None

    def command(self):
        return [self.bench.httpd, "-DFOREGROUND", "-f", self.directory / "conf"]

    def configuration(self):
        modules = (load_module(self.bench, name, required=name != "unixd")
                   for name in ("mpm_event", "unixd", "watchdog", "authz_core", "ssl"))
        account = ""
        if os.getuid() == 0:
            group = pwd.getpwnam(self.bench.servant).pw_gid
            account = f'User "{self.bench.servant}"\nGroup "#{group}"\n'
        (self.directory / "htdocs").mkdir()
        (self.directory / "htdocs/file.txt").write_text(BODY)
        return "\n".join(modules) + f"""
            {account}
            ServerRoot "{self.directory}"
            DefaultRuntimeDir "{self.directory}"
            PidFile "{self.directory}/pid"
            ErrorLog "{self.directory}/error.log"
            LogLevel notice ssl:error
            ServerName localhost
            StartServers {self.worker_count}
            ServerLimit {8 * self.worker_count}
            ThreadsPerChild {THREADS}
            MaxRequestWorkers {THREADS * self.worker_count}
            MinSpareThreads 1
            MaxSpareThreads {THREADS * self.worker_count}
            KeepAlive On
            KeepAliveTimeout 300
            MaxKeepAliveRequests 0
            Timeout 300
            {self.server_lines()}
            """ + "".join(self._host(port) for port in self.ports)

    def _host(self, port):
        pki = self.bench.pki
        return f"""
            Listen 127.0.0.1:{port}
            <VirtualHost 127.0.0.1:{port}>
            DocumentRoot "{self.directory}/htdocs"
            SSLEngine on
            SSLProtocol TLSv1.3
            SSLCertificateFile "{pki}/server.pem"
            SSLCertificateKeyFile "{pki}/server.key"
            SSLCACertificateFile "{pki}/ca.pem"
            SSLVerifyClient require
            {self.crl_lines() if self.crl else ""}
            </VirtualHost>
            """

    def server_lines(self):
        return ""

    def crl_lines(self):
        raise NotImplementedError

    def ready(self):
        return self.starts() > 0 and super().ready()

    def starts(self):
        """How often it was started or restarted."""
        log = self.directory / "error.log"
        return log.read_text(errors="replace").count("resuming normal operations") if log.exists() else 0

    def reload(self):
        """What `apachectl graceful` does once it has found the configuration good."""
        os.kill(self.pid, signal.SIGUSR1)


def load_module(bench, name, required=True):
    """Its LoadModule line, a comment where the server has it built in, nothing where it has not at all."""
    built_in = subprocess.run([bench.httpd, "-l"], capture_output=True, text=True, check=True).stdout.split()
    if f"mod_{name}.c" in built_in or f"{name.removeprefix('mpm_')}.c" in built_in:
        return f"# mod_{name} is built in"
    path = pathlib.Path(bench.modules, f"mod_{name}.so")
    if path.exists():
        return f'LoadModule {name}_module "{path}"'
    if required:
        raise ServerFailed(f"{bench.httpd} has no mod_{name}, neither built in nor as {path}")
    return ""


class ModSsl(Httpd):
    name = "mod_ssl"

    def crl_lines(self):
        return f'SSLCARevocationFile "{self.crl}"\nSSLCARevocationCheck leaf'


class ModClientcert(Httpd):
    name = "mod_clientcert"
    takes_changes = True

    @classmethod
    def missing(cls, bench):
        return super().missing(bench) if bench.module else "mod_clientcert.so is not built"

    @property
    def state(self):
        return self.directory / "state"

    def server_lines(self):
        lines = f'LoadModule clientcert_module "{self.bench.module}"'
        return lines + f'\nClientCertStateDir "{self.state}"' if self.crl else lines

    def crl_lines(self):
        return f'ClientCertCRL "{self.crl}"'

    def ready(self):
        """Nobody is let in before the first look at the CRL."""
        return super().ready() and (not self.crl or self.client("alice").handshake().outcome == "accepted")

    def memory(self):
        return processes.memory(self.processes(), self.state)


class Nginx(Server):
    name = program = "nginx"

    def command(self):
        return [shutil.which(self.program, path=search_path()), "-p", self.directory, "-c", self.directory / "conf",
                "-e", self.directory / "error.log"]

    def configuration(self):
        account = ""
        if os.getuid() == 0:
            account = f"user {self.bench.servant};"
        return f"""
            {account}
            daemon off;
            worker_processes {self.worker_count};
            pid {self.directory}/pid;
            error_log {self.directory}/error.log notice;
            events {{ worker_connections 256; }}
            http {{
                access_log off;
                client_header_timeout 300s;
                keepalive_timeout 300s;
                keepalive_requests 1000000;
                client_body_temp_path {self.directory}/body;
                proxy_temp_path {self.directory}/proxy;
                fastcgi_temp_path {self.directory}/fastcgi;
                uwsgi_temp_path {self.directory}/uwsgi;
                scgi_temp_path {self.directory}/scgi;
                {"".join(self._host(port) for port in self.ports)}
            }}
            """

    def _host(self, port):
        pki = self.bench.pki
        return f"""
                server {{
                    listen 127.0.0.1:{port} ssl;
                    ssl_protocols TLSv1.3;
                    ssl_certificate {pki}/server.pem;
                    ssl_certificate_key {pki}/server.key;
                    ssl_client_certificate {pki}/ca.pem;
                    ssl_verify_client on;
                    {f"ssl_crl {self.crl};" if self.crl else ""}
                    return 200 "{BODY}";
                }}
                """

    def reload(self):
        os.kill(self.pid, signal.SIGHUP)


class HAProxy(Server):
    """A master and one worker of four threads."""

    name = "HAProxy"
    program = "haproxy"
    threads = WORKERS

    def __init__(self, bench, crl=None, hosts=1, workers=WORKERS):
        super().__init__(bench, crl, hosts, workers=1)
        self._threads = workers

    def command(self):
        return [shutil.which(self.program, path=search_path()), "-W", "-f", self.directory / "conf"]

    def configuration(self):
        pki = self.bench.pki
        both = self.directory / "server.pem"
        both.write_text((pki / "server.pem").read_text() + (pki / "server.key").read_text())
        account = ""
        if os.getuid() == 0:
            group = pwd.getpwnam(self.bench.servant).pw_gid
            account = f"uid {pwd.getpwnam(self.bench.servant).pw_uid}\n                gid {group}"
        crl = f" crl-file {self.crl}" if self.crl else ""
        binds = "".join(f"bind 127.0.0.1:{port} ssl crt {both} ca-file {pki}/ca.pem verify required{crl}\n"
                        for port in self.ports)
        return f"""
            global
                {account}
                nbthread {self._threads}
                maxconn 256
                ssl-default-bind-options ssl-min-ver TLSv1.3
            defaults
                mode http
                timeout client 300s
                timeout http-request 300s
                timeout http-keep-alive 300s
            frontend bench
                {binds}
                http-request return status 200 content-type text/plain string "{BODY}"
            """

    def reload(self):
        os.kill(self.pid, signal.SIGUSR2)


ALL = (ModSsl, Nginx, HAProxy, ModClientcert)
