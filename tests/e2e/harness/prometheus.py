# SPDX-License-Identifier: Apache-2.0
"""The real Prometheus, of which promtool is a part.

    check_metrics(text)                       # promtool's complaints, "" for none
    with Prometheus(scratch, "127.0.0.1:8080", "/status?format=openmetrics") as prometheus:
        prometheus.value('clientcert_denials_total{reason="rule"}')"""
import json
import re
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request

from .ports import Ports
from .waiting import PATIENCE, wait_until

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: clientcert
    metrics_path: {path}
    params: {params}
    static_configs: [{{targets: ["{target}"]}}]
"""


def promtool(*arguments, text=None):
    """Status and output."""
    done = subprocess.run([PROMTOOL, *map(str, arguments)], input=text, text=True, timeout=60 * PATIENCE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def check_metrics(text):
    """promtool reads the older text format alone, in which a counter's family has its samples' name."""
    older = re.sub(r"^# (TYPE|HELP) (\S+)(?=.*\n(?:# .*\n)*\2_total)", r"# \1 \2_total", text, flags=re.M)
    return promtool("check", "metrics", text=older.removesuffix("# EOF\n"))


class Prometheus:
    def __init__(self, scratch, target, url):
        path, _, query = url.partition("?")
        params = {name: [value] for name, value in urllib.parse.parse_qsl(query)}
        config = scratch / "prometheus.yml"
        config.write_text(CONFIG.format(path=path, params=json.dumps(params), target=target))
        self._ports = Ports()
        self._url = f"http://127.0.0.1:{self._ports.take()}"
        self._log = (scratch / "prometheus.log").open("w+")
        self._ports.release()  # Go's net.Listen sets no SO_REUSEADDR against a bound socket
        self._process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={scratch}/data",
             f"--web.listen-address={self._url.removeprefix('http://')}"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, cwd=scratch)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._log.close()

    def _get(self, path):
        try:
            with urllib.request.urlopen(self._url + path, timeout=10) as response:
                return json.load(response)["data"]
        except (OSError, KeyError):
            return None  # not up yet

    def target(self):
        """What Prometheus says of its one target, once it has asked it."""
        def asked():
            targets = self._get("/api/v1/targets") or {"activeTargets": []}
            return next((one for one in targets["activeTargets"] if one["health"] != "unknown"), None)
        return wait_until(asked, self.log, timeout=20)

    def values(self, query):
        """The value of each series, by its labels as (name, value) pairs."""
        found = self._get("/api/v1/query?" + urllib.parse.urlencode({"query": query})) or {"result": []}
        return {frozenset(one["metric"].items()): float(one["value"][1]) for one in found["result"]}

    def log(self):
        self._log.seek(0)
        return self._log.read()
