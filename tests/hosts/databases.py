"""Metrics of this machine as node_exporter names them, for a real Prometheus to scrape; Linux only."""

from __future__ import annotations

import contextlib
import http.server
import os
import threading
from pathlib import Path

_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_TICKS = os.sysconf("SC_CLK_TCK")


def metrics() -> str:
    """What the kernel's own counters say now."""
    lines: list[str] = []
    for line in _lines("/proc/stat"):
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu":
            for mode, value in zip(_MODES, ticks, strict=False):
                labels = f'cpu="{name[3:]}",mode="{mode}"'
                lines.append(f"node_cpu_seconds_total{{{labels}}} {int(value) / _TICKS}")
    memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in _lines("/proc/meminfo")}
    lines += [f"node_memory_{name}_bytes {memory[name]}" for name in ("MemTotal", "MemAvailable")]
    for line in _lines("/proc/net/dev")[2:]:
        device, _, values = line.partition(":")
        numbers = values.split()
        labels = f'device="{device.strip()}"'
        lines.append(f"node_network_receive_bytes_total{{{labels}}} {numbers[0]}")
        lines.append(f"node_network_transmit_bytes_total{{{labels}}} {numbers[8]}")
    for line in _lines("/proc/diskstats"):
        numbers = line.split()
        labels = f'device="{numbers[2]}"'
        lines.append(f"node_disk_read_bytes_total{{{labels}}} {int(numbers[5]) * 512}")
        lines.append(f"node_disk_written_bytes_total{{{labels}}} {int(numbers[9]) * 512}")
    return "\n".join(lines) + "\n"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = metrics().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a scrape that took too long
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Exporter:
    """Answers scrapes on loopback while the block lasts."""

    def __enter__(self):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


if __name__ == "__main__":
    with Exporter() as exporter:
        print(exporter.address, flush=True)
        threading.Event().wait()
