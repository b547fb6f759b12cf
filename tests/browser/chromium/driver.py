# SPDX-License-Identifier: Apache-2.0
"""chromedriver, which starts Chromium: the processes, and how they end."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from harness import processes
from harness.waiting import wait_until

# Chromium itself: the script before it in /usr/bin reads the machine's settings for it.
CHROMIUM = "/usr/lib/chromium/chromium" if os.path.exists("/usr/lib/chromium/chromium") else shutil.which("chromium")
# Where Chromium looks for policies; another directory is put there, for chromedriver and what it starts alone.
POLICIES = "/etc/chromium"
TAKEN = "port not available"
ALONE = f'mount --bind "$0" {POLICIES} && exec "$@"'


def seeing_alone(folder):
    """What to write before a command that shall see that folder at POLICIES, as nobody else does; None where the kernel
    does not allow that: in a container without privileges."""
    prefix = ["unshare", "--mount", *(["--map-root-user"] if os.getuid() else []), "sh", "-c", ALONE, str(folder)]
    return prefix if subprocess.run([*prefix, "true"], capture_output=True).returncode == 0 else None


class Driver:
    """One chromedriver; whatever runs with that home directory is ended with it. `prefix` stands before its command."""

    def __init__(self, home, prefix=()):
        self._home, self._log = home, home / "driver.out"
        self.chromium = home / "chromium"  # ends when its chromedriver is killed
        self.chromium.write_text(f'#!/bin/sh\nexec setpriv --pdeathsig KILL {CHROMIUM} "$@"\n')
        self.chromium.chmod(0o755)
        kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
        temporary = home / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {**kept, "HOME": str(home), "TMPDIR": str(temporary), "LANG": "C.UTF-8",
                       "DBUS_SESSION_BUS_ADDRESS": "disabled:", "DBUS_SYSTEM_BUS_ADDRESS": "disabled:"}
        # Ended when the test run is killed.
        command = [*prefix, "setpriv", "--pdeathsig", "TERM", "chromedriver", "--port=0", f"--log-path={home}/driver.log"]
        ports = (self._start(command, environment) for _ in range(10))
        port = next((port for port in ports if port != TAKEN), None)
        assert port, self._log.read_text()
        self.url = f"http://127.0.0.1:{port}"

    def _start(self, command, environment):
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             start_new_session=True)
        try:
            return wait_until(self._port, lambda: "chromedriver does not serve: " + self._log.read_text(), 30)
        except BaseException:
            self.end()
            raise

    def _port(self):
        has_ended = self._process.poll() is not None
        text = self._log.read_text()
        if has_ended:
            # The port that it had chosen with IPv6 belongs to somebody else with IPv4.
            assert TAKEN in text, "chromedriver has ended: " + text
            return TAKEN
        found = re.search(r"started successfully on port (\d+)", text)
        return found and found[1]

    def end(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        try:
            wait_until(lambda: not self.left(), "", 3)
        except TimeoutError:
            for pid in self.left():
                processes.kill(pid)
            wait_until(lambda: not self.left(), lambda: f"Chromium did not end: {self.left()}")

    def left(self):
        """The processes with that home directory."""
        wanted, found = f"HOME={self._home}".encode(), []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if wanted in environment.read_bytes().split(b"\0"):
                    found.append(int(environment.parent.name))
            except OSError:
                continue  # it has just ended, or it is another user's
        return found
