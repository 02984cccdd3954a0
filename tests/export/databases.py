"""Databases of time series on this machine, on loopback, each with its data in a directory of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

#: Debian's packages.
PACKAGES = {
    "influxd": "influxdb",
    "prometheus": "prometheus",
    "victoria-metrics": "victoria-metrics",
}
PATIENCE_SECONDS = 60


def program(name: str) -> str:
    """Path of a service's program; where it is missing, the test is skipped on a laptop and fails in CI."""
    found = shutil.which(name)
    if found is None:
        message = f"{name} is missing: Debian has it (apt-get install {PACKAGES[name]})."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until(condition, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not come about."
        time.sleep(0.05)


class Database:
    """A server process that can be killed and started again on the same data and port."""

    ready = "/"

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> tuple[list[str], dict[str, str]]:
        """Arguments and further variables."""
        raise NotImplementedError

    def start(self):
        words, variables = self.command()
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                words, env={**os.environ, **variables}, stdout=log, stderr=log, cwd=self.home
            )
        wait_until(self.answers)
        return self

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.home / "log").read_text()[-2000:]
        try:
            self.get(self.ready)
        except OSError:
            return False
        return True

    def get(self, path: str, **query: str) -> str:
        asked = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.read().decode()

    def kill(self, how: int = signal.SIGKILL) -> None:
        """As when the machine fails; with another signal, as when an admin ends it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None


class Influx1(Database):
    """InfluxDB 1.6 of Debian."""

    ready = "/ping"

    def command(self):
        return [program("influxd"), "-config", os.devnull], {
            "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "INFLUXDB_META_DIR": str(self.home / "meta"),
            "INFLUXDB_DATA_DIR": str(self.home / "data"),
            "INFLUXDB_DATA_WAL_DIR": str(self.home / "wal"),
            "INFLUXDB_REPORTING_DISABLED": "true",
        }

    def ask(self, question: str, db: str = "hrlab") -> list:
        """Rows of the first series that answers."""
        data = urllib.parse.urlencode({"q": question, "db": db}).encode()
        with urllib.request.urlopen(f"{self.url}/query", data=data, timeout=20) as answer:
            result = json.load(answer)["results"][0]
        assert "error" not in result, result
        return result["series"][0]["values"] if result.get("series") else []

    def runs(self) -> list[str]:
        """Ids of the runs that it has, a point each, in order of time."""
        return [row[1] for row in self.ask("SELECT run FROM hrlab_run")]


class Victoria(Database):
    """VictoriaMetrics, which takes what InfluxDB 2 takes."""

    ready = "/health"

    def command(self):
        return [
            program("victoria-metrics"),
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={self.home / 'data'}",
            "-retentionPeriod=12",
        ], {}

    def series(self, name: str) -> list[dict]:
        self.get("/internal/force_flush")
        found = self.get("/api/v1/export", **{"match[]": name})
        return [json.loads(line) for line in found.splitlines()]


class Prometheus(Database):
    """Prometheus that scrapes one address."""

    ready = "/-/ready"

    def __init__(self, home: Path, address: str, path: str, token: str) -> None:
        super().__init__(home)
        (home / "p.yml").write_text(
            json.dumps(
                {
                    "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                    "scrape_configs": [
                        {
                            "job_name": "jupyter",
                            "metrics_path": path,
                            "authorization": {"credentials": token},
                            "static_configs": [{"targets": [address]}],
                        }
                    ],
                }
            )
        )

    def command(self):
        return [
            program("prometheus"),
            f"--config.file={self.home / 'p.yml'}",
            f"--storage.tsdb.path={self.home / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ], {}

    def value(self, question: str) -> float | None:
        found = json.loads(self.get("/api/v1/query", query=question))["data"]["result"]
        return float(found[0]["value"][1]) if found else None
