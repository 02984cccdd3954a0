"""(d) What hrlab adds to the start of ``jupyter lab``: interleaved starts with and without it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from types import TracebackType

from benchmarks.row import Row, interval

PAIRS = 12
BUDGET_MILLISECONDS = 150.0
TOKEN = "of-the-benchmark"


class Server:
    """A ``jupyter lab`` of its own, from its start to its end.

    Parameters
    ----------
    home
        Its configuration and run time files.
    environ
        Set in it beside what is set here.
    hrlab
        Whether hrlab's server extension is on.
    traits
        What a site sets of hrlab's.
    extensions
        Further extensions of the server, which `environ` must let it find.
    """

    def __init__(
        self,
        home: Path,
        environ: dict[str, str],
        *,
        hrlab: bool = True,
        traits: dict[str, str] | None = None,
        extensions: tuple[str, ...] = (),
    ) -> None:
        config = {
            "HRLab": traits or {},
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": 0,
                "allow_root": True,
                "jpserver_extensions": {"hrlab": hrlab, **dict.fromkeys(extensions, True)},
            },
            "IdentityProvider": {"token": TOKEN},
        }
        (home / "jupyter_server_config.json").write_text(json.dumps(config))
        directories = {f"JUPYTER_{name}_DIR": str(home) for name in ("CONFIG", "DATA", "RUNTIME")}
        self.environ = {**os.environ, **directories, **environ}
        self._home = home
        self._log = home / "log"

    def __enter__(self) -> Server:  # noqa: PYI034 - Self is of Python 3.11
        with self._log.open("w") as log:
            start = time.perf_counter()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", "--no-browser"],
                env=self.environ,
                cwd=self._home,
                stdout=log,
                stderr=log,
            )
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/", self._log.read_text())):
            if self._process.poll() is not None:
                raise RuntimeError(f"jupyter lab did not start:\n{self._log.read_text()}")
            time.sleep(0.002)
        self.port = int(found[1])
        while not self._answers():  # it names the port before it listens
            time.sleep(0.002)
        self.pid = self._process.pid
        self.start_seconds = time.perf_counter() - start
        return self

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_seconds = used.ru_utime + used.ru_stime


def measure(*, quick: bool = False) -> list[Row]:
    pairs = 2 if quick else PAIRS
    return [_alone(pairs), *_in_lab(pairs)]


def _in_lab(pairs: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        environ = {"HRLAB_STORE": str(home / "runs.sqlite")}
        wall: dict[bool, list[float]] = {True: [], False: []}
        cpu: dict[bool, list[float]] = {True: [], False: []}
        for pair in range(pairs + 1):
            for hrlab in (True, False) if pair % 2 else (False, True):
                with Server(home, environ, hrlab=hrlab) as server:
                    pass
                if pair:  # the first pair warms the disk
                    wall[hrlab].append(1e3 * server.start_seconds)
                    cpu[hrlab].append(1e3 * server.cpu_seconds)
    return [
        Row("start of jupyter lab without hrlab", median(wall[False]), "ms"),
        _added("CPU time of that start, with hrlab minus without", cpu),
        _added("start of jupyter lab, with hrlab minus without", wall),
    ]


def _added(what: str, times: dict[bool, list[float]]) -> Row:
    """What hrlab adds, from pairs that ran one after the other."""
    added = [with_it - without for with_it, without in zip(times[True], times[False], strict=True)]
    return Row(what, median(added), "ms", BUDGET_MILLISECONDS, interval(added))


_ALONE = """
import time
from jupyterlab.labapp import LabApp  # what a server without hrlab has loaded too
from jupyter_server.serverapp import ServerApp
app = ServerApp(log_level="ERROR", allow_root=True, port=0)
app.initialize([], find_extensions=False, new_httpserver=False)
start = time.perf_counter()
from hrlab.server.app import HRLab
extension = HRLab()
extension._link_jupyter_server_extension(app)
extension.initialize()
print(1e3 * (time.perf_counter() - start))
"""


def _alone(pairs: int) -> Row:
    """The extension's own part: import, link and load, in a server that has the rest."""
    with tempfile.TemporaryDirectory() as directory:
        environ = {**os.environ, "HRLAB_STORE": str(Path(directory) / "runs.sqlite")}
        environ |= {f"JUPYTER_{name}_DIR": directory for name in ("CONFIG", "DATA", "RUNTIME")}
        times = []
        for _ in range(pairs):
            command = [sys.executable, "-c", _ALONE]
            done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
            times.append(float(done.stdout))
    what = "import, link and load of the server extension"
    return Row(what, median(times), "ms", BUDGET_MILLISECONDS, interval(times))
