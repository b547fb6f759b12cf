# SPDX-License-Identifier: Apache-2.0
"""OpenLDAP's slapd, as a directory that CAs publish in, or one of people.

    directory = Directory(pki.ca.server("localhost"))
    directory.publish("ca", crl(pki.ca))                # replaces what was there
    directory.url("ca")                                 # ldap://...; secure=True: ldaps://...
    directory.add("alice", uid="alice", mail="alice@example.org")
    directory.stop(); directory.start()"""
import base64
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from .ports import Ports, accepts
from .waiting import PATIENCE, wait_until

SLAPD = shutil.which("slapd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/libexec") or "slapd"
INSTALLED = os.access(SLAPD, os.X_OK) and shutil.which("ldapmodify") is not None
MODULES = "/usr/lib/ldap"
SUFFIX, ROOT, PASSWORD = "o=Test", "cn=root,o=Test", "secret"
CONFIG = """
include /etc/ldap/schema/core.schema
pidfile {dir}/pid
modulepath {modules}
moduleload back_mdb
TLSCACertificateFile {tls.chain}
TLSCertificateFile {tls.chain}
TLSCertificateKeyFile {tls.key}
database mdb
suffix {suffix}
rootdn {root}
rootpw {password}
directory {dir}/db
maxsize 67108864
{access}
"""


def ldif(dn, attributes, change):
    lines = [f"dn: {dn}", f"changetype: {change}"]
    for name, value in attributes:
        binary = isinstance(value, bytes)
        lines.append(f"{name}:: {base64.b64encode(value).decode()}" if binary else f"{name}: {value}")
    return "\n".join(lines) + "\n\n"


class Directory:
    def __init__(self, credential, access=""):
        self.dir = Path(tempfile.mkdtemp(prefix="slapd-"))
        (self.dir / "db").mkdir()
        (self.dir / "slapd.conf").write_text(CONFIG.format(
            dir=self.dir, modules=MODULES, tls=credential, suffix=SUFFIX, root=ROOT, password=PASSWORD,
            access=f"access {access}" if access else ""))
        self._ports = Ports()
        self.port, self.secure_port = self._ports.take(), self._ports.take()
        self._process = None
        try:
            self.start()
            self._modify(ldif(SUFFIX, [("objectClass", "organization"), ("o", "Test")], "add"))
        except BaseException:
            self.close()
            raise

    def start(self):
        """Returns when it answers."""
        listeners = f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.secure_port}/"
        with open(self.dir / "log", "a") as log:
            self._process = subprocess.Popen([SLAPD, "-d", "0", "-f", self.dir / "slapd.conf", "-h", listeners],
                                             stdout=log, stderr=log)
        wait_until(lambda: accepts(self.port) and accepts(self.secure_port), self.log)

    def stop(self):
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30 * PATIENCE)
            self._process = None

    def log(self):
        return "slapd does not answer:\n" + (self.dir / "log").read_text()

    def publish(self, name, crl, certificate=None):
        """Makes an entry for a CA, or gives that of this name another CRL."""
        dn = f"cn={name},{SUFFIX}"
        attribute = ("certificateRevocationList;binary", crl)
        if self._modify(ldif(dn, [("replace", attribute[0]), attribute], "modify"), may_fail=True):
            return
        values = [("objectClass", "cRLDistributionPoint"), ("cn", name), attribute]
        if certificate:
            values += [("objectClass", "pkiCA"), ("cACertificate;binary", certificate)]
        self._modify(ldif(dn, values, "add"))

    def add(self, name, **attributes):
        """The entry of a person; several values are a list."""
        values = [("objectClass", "person"), ("objectClass", "extensibleObject"), ("cn", name), ("sn", name)]
        for kind, given in attributes.items():
            for value in given if isinstance(given, list) else [given]:
                values.append((kind, value.encode()))  # base64 has nothing to escape
        self._modify(ldif(f"cn={name},{SUFFIX}", values, "add"))

    def remove(self, name):
        self._modify(ldif(f"cn={name},{SUFFIX}", [], "delete"))

    def url(self, name, attribute="certificateRevocationList;binary", secure=False):
        scheme, port = ("ldaps", self.secure_port) if secure else ("ldap", self.port)
        return f"{scheme}://127.0.0.1:{port}/cn={name},{SUFFIX}" + (f"?{attribute}" if attribute else "")

    def _modify(self, text, may_fail=False):
        done = subprocess.run(["ldapmodify", "-x", "-D", ROOT, "-w", PASSWORD, "-H", f"ldap://127.0.0.1:{self.port}"],
                              input=text, capture_output=True, text=True, timeout=60 * PATIENCE)
        if done.returncode and not may_fail:
            raise RuntimeError(done.stderr + self.log())
        return done.returncode == 0

    def close(self):
        self.stop()
        self._ports.release()
        shutil.rmtree(self.dir)
