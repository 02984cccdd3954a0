"""(h) From the click to the first task done, against the same cluster class called by hand, interleaved.

Both begin in an idle kernel. Once with nothing imported, as most first cells are, and once with distributed loaded, where a
cluster that runs in a process of its own pays for loading it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.row import Row, interval
from benchmarks.server_start import TOKEN, Server

PAIRS = 15
BUDGET_RATIO = 1.15
TASK = "assert client.submit(sum, [1, 2]).result(timeout=60) == 3"

_IDLE = """
import sys, time
{load}
print("idle", flush=True)
sys.stdin.readline()
start = time.perf_counter()
{work}
print(time.perf_counter() - start, flush=True)
client.close()
{after}
"""
BY_HAND = f"""
from distributed import Client, LocalCluster
cluster = LocalCluster(n_workers=2, threads_per_worker=1, memory_limit="512 MiB", host="127.0.0.1",
                       dashboard_address="127.0.0.1:0")
client = Client(cluster)
{TASK}
"""
CLICKED = f"""
from hrlab.api.jupyter_server import find_parent_server
body = {{"profile": "local", "name": "bench", "options": {{"workers": 2, "cores": 1, "memory": "512 MiB"}}}}
made = find_parent_server().post("clusters", body)
import hrlab
client = hrlab.connect(made["id"])
{TASK}
"""


def measure(*, quick: bool = False) -> list[Row]:
    pairs = 2 if quick else PAIRS
    with tempfile.TemporaryDirectory() as directory, _server(Path(directory)) as environ:
        return [
            *_compared("in an idle kernel", "", pairs, environ),
            *_compared("with distributed loaded before", "import distributed", pairs, environ),
        ]


def _compared(where: str, load: str, pairs: int, environ: dict[str, str]) -> list[Row]:
    times: dict[str, list[float]] = {"hand": [], "click": []}
    ways = {"hand": (BY_HAND, "cluster.close()"), "click": (CLICKED, "")}
    for pair in range(pairs + 1):
        for way in sorted(ways, reverse=bool(pair % 2)):
            work, after = ways[way]
            seconds = _timed(_IDLE.format(load=load, work=work, after=after), environ)
            _close_all(environ)
            if pair:  # the first pair warms disk and server
                times[way].append(seconds)
    ratios = [click / hand for click, hand in zip(times["click"], times["hand"], strict=True)]
    return [
        Row(f"LocalCluster by hand, {where}, to the first task", median(times["hand"]), "s"),
        Row(f"hrlab's local, {where}, to the first task", median(times["click"]), "s"),
        Row("ratio", median(ratios), "", None if load else BUDGET_RATIO, interval(ratios)),
    ]


def _timed(program: str, environ: dict[str, str]) -> float:
    """Seconds that the program says it took once it was told to begin."""
    command = [sys.executable, "-W", "ignore", "-c", program]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())


@contextmanager
def _server(home: Path) -> Iterator[dict[str, str]]:
    """A Jupyter server; the environment of its kernels."""
    environ = {"HRLAB_STORE": str(home / "runs.sqlite")}
    with Server(home, environ) as server:
        yield {**server.environ, "JPY_PARENT_PID": str(server.pid)}


def asked(environ: dict[str, str], method: str, path: str, body: object = None) -> object:
    """What the server answers."""
    file = Path(environ["JUPYTER_RUNTIME_DIR"], f"jpserver-{environ['JPY_PARENT_PID']}.json")
    url = json.loads(file.read_text())["url"]
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}hrlab/api/{path}", data=data, method=method)
    request.add_header("Authorization", f"token {TOKEN}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def _close_all(environ: dict[str, str]) -> None:
    while True:
        found = asked(environ, "GET", "clusters")
        assert isinstance(found, dict)
        if not found["clusters"]:
            return
        for cluster in found["clusters"]:
            if cluster["state"] != "closing":
                asked(environ, "DELETE", f"clusters/{cluster['id']}")
