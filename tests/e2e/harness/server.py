# SPDX-License-Identifier: Apache-2.0
"""A private httpd: its own root, free ports, its own error log; nothing of it stays behind."""
import ctypes
import os
import re
import shlex
import signal
import subprocess
import tempfile
import textwrap
from collections import namedtuple
from pathlib import Path

from . import clients, processes, sanitizer
from .error_log import ErrorLog
from .ports import Ports, accepts
from .waiting import wait_until

BASE = """\
{defines}
ServerRoot "${{root}}"
ServerName localhost
DefaultRuntimeDir run
PidFile run/httpd.pid
ErrorLog logs/error.log
LogLevel info
{modules}
{listen}
{user}
Timeout 20
DocumentRoot "${{root}}/htdocs"
SSLSessionCache shmcb:run/sessions(512000)
StartServers 2
{mpm}
{clientcert}
{sanitizer}
"""
MPM = {
    "event": "ServerLimit 8\nThreadsPerChild 16\nMaxRequestWorkers 128\nMinSpareThreads 16\nMaxSpareThreads 128",
    "worker": "ServerLimit 8\nThreadsPerChild 16\nMaxRequestWorkers 128\nMinSpareThreads 16\nMaxSpareThreads 128",
    "prefork": "ServerLimit 32\nMaxRequestWorkers 32\nMinSpareServers 2\nMaxSpareServers 16",
}
TLS = """\
SSLEngine on
SSLCertificateFile "{0.chain}"
SSLCertificateKeyFile "{0.key}"
"""
PRCTL, PR_SET_PDEATHSIG = ctypes.CDLL(None).prctl, 1
ALWAYS = "socache_shmcb ssl authn_core authz_core"
Checked = namedtuple("Checked", "returncode stderr")
known = []  # every server of this test run that is not closed: conftest.py reads their logs


class StartError(AssertionError):
    """The server did not come up; the text is what it said."""


class Server(clients.Clients):
    """Configured by text in which ${name} stands for what `configure` was told, and for:

    ${root} ${htdocs} ${http} ${https} (ports), ${modules}, ${module} (of mod_clientcert), ${tls}
    (a file to Include in a <VirtualHost>: SSLEngine on, with a certificate for localhost and
    *.example.org), ${ca} (the PEM of the PKI's CA)."""

    def __init__(self, pki, mpm="event"):
        self.pki, self.mpm = pki, mpm
        self.httpd = os.environ["HTTPD"]
        self.modules = Path(os.environ["HTTPD_MODULES"])
        self.root = Path(tempfile.mkdtemp(prefix="clientcert-"))
        self.root.chmod(0o711)  # httpd's children may be another user
        self.htdocs = self.root / "htdocs"
        for name in ("htdocs", "logs", "run", "cgi-bin"):
            (self.root / name).mkdir(mode=0o755)
        (self.htdocs / "index.html").write_text("hello\n")
        self.conf, self.site = self.root / "httpd.conf", self.root / "site.conf"
        self.console = self.root / "logs" / "console"
        self.errors = ErrorLog(self.root / "logs" / "error.log", self.console)
        self.findings = sanitizer.Findings(self.root)
        self.environment = {}
        self.ports = {}
        self._held = Ports()
        self._process = None
        known.append(self)

    # -- configuration -------------------------------------------------------------------------

    def configure(self, text, modules="", ports="http https", clientcert=None, **defines):
        """Writes the configuration: `text` stands in site.conf, line by line as in the test.

        modules: names to load beside `ALWAYS`; ports: names of ports to listen on; clientcert:
        whether mod_clientcert is loaded (default: when the text says its name), "first" is before
        all others; other keywords become ${names}, a CA or credential as the path of its PEM."""
        for name in ports.split():
            self.ports.setdefault(name, self._held.take())
        tls = self.root / "tls.conf"
        tls.write_text(TLS.format(self.pki.server))
        self._defines = {"root": self.root, "htdocs": self.htdocs, "modules": self.modules, "tls": tls,
                         "module": os.environ.get("MODULE", ""), "ca": self.pki.ca.cert,
                         **{k: getattr(v, "cert", v) for k, v in defines.items()}, **self.ports}
        self._wanted, self._clientcert = f"{ALWAYS} {modules}".split(), clientcert
        self.write(text)

    def write(self, text):
        """Another configuration with the same modules, ports and names; takes effect at a restart."""
        self._write(text, self.conf, self.site)

    def _write(self, text, conf, site):
        text = textwrap.dedent(text).strip("\n") + "\n"
        site.write_text(text)
        ours = self._clientcert
        if ours is None:
            ours = re.search("clientcert", text, re.I)
        root = os.getuid() == 0
        conf.write_text(BASE.format(
            defines="\n".join(f'Define {name} "{value}"' for name, value in self._defines.items()),
            modules=self._load(ours), mpm=MPM[self.mpm], sanitizer=sanitizer.CONFIGURATION,
            clientcert="LogLevel clientcert:trace2" if ours else "",
            user="User www-data\nGroup www-data" if root else "",
            listen="\n".join(f"Listen 127.0.0.1:{port}" for port in self.ports.values()),
        ) + f'Include "{site}"\n')

    def _load(self, ours):
        names = [f"mpm_{self.mpm}"]
        for name in self._wanted:
            if name.startswith("proxy_"):
                names.append("proxy")
            names.append(name)
        lines = [f"LoadModule {name}_module ${{modules}}/mod_{name}.so" for name in dict.fromkeys(names)]
        if ours:
            where = 1 if ours == "first" else len(lines)
            lines.insert(where, "LoadModule clientcert_module ${module}")
        return "\n".join(lines)

    def check(self, text=None):
        """httpd -t, of `text` instead of the site's when given; a running server is not disturbed."""
        conf = self.conf
        if text is not None:
            conf = self.root / "checked.conf"
            self._write(text, conf, self.root / "checked-site.conf")
        done = self._httpd("-f", conf, "-t")
        return Checked(done.returncode, done.stderr)

    def line_of(self, text):
        """`FILE:LINE` of the first line in the site's configuration that contains `text`."""
        for number, line in enumerate(self.site.read_text().splitlines(), 1):
            if text in line:
                return f"{self.site}:{number}"
        raise AssertionError(f"{text!r} is not in {self.site}")

    def htaccess(self, folder, text):
        """Writes an .htaccess file, and an index.html beside it."""
        self.page(f"{folder.strip('/')}/index.html")
        (self.htdocs / folder.strip("/") / ".htaccess").write_text(textwrap.dedent(text))

    def page(self, path, text="hello\n", mode=0o644):
        """A file below the document root, or below cgi-bin."""
        file = (self.root if path.startswith("cgi-bin/") else self.htdocs) / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        file.write_text(text)
        file.chmod(mode)
        return file

    # -- life ----------------------------------------------------------------------------------

    @property
    def pid(self):
        return self._process.pid

    def start(self, wrapper=(), one_process=False, timeout=20):
        """Starts httpd and waits until it serves. `wrapper` is a command line to put before it
        (valgrind); one_process is `httpd -X`."""
        self._console = self.console.open("ab")
        mark = self.errors.mark()
        command = [*wrapper, self.httpd, "-f", str(self.conf), "-X" if one_process else "-DFOREGROUND"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._console,
                                         stderr=self._console, env=self._environment(one_process),
                                         preexec_fn=_die_with_parent,
                                         start_new_session=True)  # httpd signals its whole group

        def up():
            if self._process.poll() is not None:
                self._gone()
                raise StartError("\n".join(self.errors.since(mark)) or f"{shlex.join(command)} said nothing")
            resumed = self.errors.lines("resuming normal operations", mark)
            return (resumed or one_process) and all(map(accepts, self.ports.values()))
        wait_until(up, lambda: "the server is not up:\n" + self.log(), timeout)

    def restart(self):
        self._reload("restart")

    def graceful(self):
        """Returns when only children of the new generation accept connections; those of the old
        one may still serve theirs."""
        self._reload("graceful")

    def _reload(self, how):
        old, mark = processes.children(self.pid), self.errors.mark()
        self.control(how)
        self.errors.wait("resuming normal operations", since=mark)
        inodes = processes.listeners(self.ports.values())
        wait_until(lambda: not any(processes.holds(pid, inodes) for pid in old),
                   "children of the old generation still accept")
        wait_until(lambda: all(map(accepts, self.ports.values())), "the new generation does not accept")

    def stop(self, how="stop"):
        """`httpd -k stop` (or graceful-stop); the server must end by itself, with status 0."""
        if not self._process:
            return
        try:
            self.control(how)
            status = self._process.wait(20)
            assert status == 0, f"httpd ended with status {status}"
        finally:
            for pid in [*processes.children(self._process.pid), self._process.pid]:
                processes.kill(pid)
            self._process.wait()
            self._gone()

    def _gone(self):
        self._process = None
        self._console.close()
        (self.root / "run" / "httpd.pid").unlink(missing_ok=True)  # httpd -X leaves it

    def close(self):
        try:
            self.stop()
        finally:
            self._held.release()
            known.remove(self)

    def control(self, how):
        done = self._httpd("-f", self.conf, "-k", how)
        assert done.returncode == 0, f"httpd -k {how}: {done.stderr}"

    def _httpd(self, *arguments):
        return subprocess.run([self.httpd, *map(str, arguments)], capture_output=True, text=True,
                              timeout=60, env=self._environment())

    def _environment(self, one_process=False):
        kept = {name: os.environ[name] for name in ("PATH", "TZ", "TMPDIR") if name in os.environ}
        return {**kept, "LANG": "C.UTF-8", **sanitizer.environment(self.findings, one_process), **self.environment}

    # -- the error log -------------------------------------------------------------------------

    def log(self):
        return self.errors.text()

    def mark(self):
        return self.errors.mark()

    def log_lines(self, pattern=".", since=None):
        """The lines that match, of the running test or since a mark()."""
        return self.errors.lines(pattern, since)

    def expect_log(self, pattern, times=None):
        """Announces the error that the test just caused (`CC0101`, or a regular expression), waits
        for it and returns its line; with `times`, the lines, which must be exactly so many."""
        return self.errors.expect(pattern, times, self.settle)

    def allow_log(self, pattern, always=False):
        """Announces an error that may come, in this test or (always) in this file."""
        self.errors.allow(pattern, always)

    def settle(self):
        """Lets requests come to their end: httpd logs some things after the client has the answer."""
        if self._process:
            try:
                wait_until(lambda: not processes.busy(self.pid), "idle", timeout=2)
            except TimeoutError:
                pass  # something goes on and on: then it is the test's affair

    def unexpected(self):
        return self.errors.unexpected() + self.findings.take()


def _die_with_parent():
    """The server ends when the test run is killed."""
    PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)
