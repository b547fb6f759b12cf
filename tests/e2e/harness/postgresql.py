# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of its own, on a Unix socket in a directory of its own.

    database = PostgreSQL()
    database.execute("CREATE TABLE ...")
    database.parameters            # for DBDParams
    database.stop(); database.start()"""
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from .waiting import PATIENCE, wait_until

OWNERS = ("postgres", "nobody")  # of a server that root starts: PostgreSQL runs for nobody who may do everything
CONFIG = """
listen_addresses = ''
unix_socket_directories = '{0}'
unix_socket_permissions = 0777
fsync = off
shared_buffers = 16MB
max_connections = 200
"""


def _binary(name):
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join(map(str, [*folders, os.environ.get("PATH", "")])))


INSTALLED = all(map(_binary, ("initdb", "postgres", "psql")))


class PostgreSQL:
    def __init__(self):
        self.dir = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self.dir.chmod(0o755)
        self._as_owner = {}
        if os.getuid() == 0:
            for owner in OWNERS:
                try:
                    shutil.chown(self.dir, owner)
                except LookupError:
                    continue
                self._as_owner = {"user": owner, "extra_groups": []}
                break
        self._data = self.dir / "data"
        self._process = None
        self.parameters = f"host={self.dir} dbname=postgres user=owner"
        self._run("initdb", "--no-sync", "--auth=trust", "--username=owner", "--encoding=UTF8", "--locale=C", "-D", self._data)
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(CONFIG.format(self.dir))
        self.start()

    def start(self):
        """Returns when it answers."""
        log = (self.dir / "log").open("ab")
        self._process = subprocess.Popen([_binary("postgres"), "-D", self._data], stdin=subprocess.DEVNULL, stdout=log,
                                         stderr=log, cwd=self.dir, start_new_session=True, **self._as_owner)
        wait_until(lambda: self._psql("SELECT 1").returncode == 0, lambda: "PostgreSQL is not up:\n" + self.log(), 30)

    def stop(self):
        """All connections end."""
        if self._process:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30 * PATIENCE)
            self._process = None

    def execute(self, statement):
        done = self._psql(statement)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self):
        return (self.dir / "log").read_text()

    def close(self):
        self.stop()
        shutil.rmtree(self.dir)

    def _psql(self, statement):
        return subprocess.run([_binary("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.parameters],
                              input=statement, capture_output=True, text=True, timeout=60 * PATIENCE, cwd=self.dir)

    def _run(self, name, *arguments):
        done = subprocess.run([_binary(name), *arguments], capture_output=True, text=True, timeout=120 * PATIENCE,
                              cwd=self.dir, **self._as_owner)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
