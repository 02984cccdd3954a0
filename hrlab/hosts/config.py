"""Configuration of the site's database of host metrics, and the queries sent to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast, get_args
from urllib.parse import urlsplit

from hrlab.model.errors import MalformedError
from hrlab.model.suggest import did_you_mean

Kind: TypeAlias = Literal["prometheus", "influx"]
KINDS: tuple[Kind, ...] = get_args(Kind)

TOKEN_VARIABLE = "HRLAB_HOST_METRICS_TOKEN"  # noqa: S105 - the name of a variable
MAX_CHARTS = 8
_MAX_LINES = 6
_TEXTS = ("url", "kind", "database", "user", "password", "token")
_SECONDS = ("interval_seconds", "timeout_seconds")
_KNOWN = (*_TEXTS, *_SECONDS, "charts")
_LONGEST_TIMEOUT = 20.0
#: What sites mostly have, and Telegraf's own default.
_INTERVALS: Mapping[Kind, float] = MappingProxyType({"prometheus": 15.0, "influx": 10.0})


@dataclass(frozen=True, slots=True)
class HostChart:
    """A chart: title, unit of its values (cores, bytes, bytes/s, or any other text), and a query per line."""

    title: str
    unit: str
    lines: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSource:
    """A database of host metrics.

    Attributes
    ----------
    kind
        prometheus: whatever answers ``/api/v1/query_range`` (also VictoriaMetrics, Thanos, Mimir); influx: whatever answers
        InfluxQL at ``/query``.
    url
        Of the server, with the path below which its API is if it has one.
    interval_seconds
        How far apart the database's own values are.
    timeout_seconds
        How long all queries of a run may take together.
    """

    kind: Kind
    url: str
    interval_seconds: float
    timeout_seconds: float
    charts: tuple[HostChart, ...]
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Description for users: kind and address, without credentials."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        word = "Prometheus" if self.kind == "prometheus" else "InfluxDB"
        return f"{word} at {parts.hostname}{port}"


def source_from(
    configured: Mapping[str, Any], environ: Mapping[str, str] = os.environ
) -> HostSource:
    """Parse the database settings of a site.

    Raises
    ------
    MalformedError
        If a key is unknown, or a value can't be; the message names it.
    """
    for key in configured:
        if key not in _KNOWN:
            raise MalformedError(
                f"HRLab.host_metrics has no key {key!r}. {did_you_mean(str(key), _KNOWN)}"
            )
    given = {key: str(configured[key]) for key in _TEXTS if configured.get(key)}
    _check_address(given)
    kind = given.pop("kind", "prometheus")
    if kind not in KINDS:
        raise MalformedError(
            f"HRLab.host_metrics: kind must be one of {', '.join(KINDS)}, not {kind!r}."
        )
    given.setdefault("database", "telegraf" if kind == "influx" else "")
    if not given.get("user"):
        given.setdefault("token", environ.get(TOKEN_VARIABLE, ""))
    charts = configured.get("charts")
    return HostSource(
        **cast("dict[str, Any]", given),
        kind=kind,
        interval_seconds=_seconds(configured, "interval_seconds", _INTERVALS[kind], 3600.0),
        timeout_seconds=_seconds(configured, "timeout_seconds", 5.0, _LONGEST_TIMEOUT),
        charts=CHARTS[kind] if charts is None else _charts(charts),
    )


def _check_address(given: Mapping[str, str]) -> None:
    url = given.get("url")
    if url is None:
        raise MalformedError("HRLab.host_metrics needs 'url', the address of the database.")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        # Without the rest of it, in which a password may be.
        raise MalformedError(
            "HRLab.host_metrics: url must be http(s)://host[:port][/path], without a query."
        )
    if parts.username or parts.password:
        raise MalformedError("HRLab.host_metrics: give user and password as such, not in the url.")


def _seconds(configured: Mapping[str, Any], key: str, default: float, most: float) -> float:
    value = configured.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
        raise MalformedError(
            f"HRLab.host_metrics: {key} must be a number above 0 and at most {most:g}, not {value!r}."
        )
    return float(value)


def _charts(configured: object) -> tuple[HostChart, ...]:
    form = 'Write {title: {"unit": "cores", "lines": {name: query}}}.'
    if not isinstance(configured, Mapping) or not 1 <= len(configured) <= MAX_CHARTS:
        raise MalformedError(
            f"HRLab.host_metrics: charts must be a mapping of 1 to {MAX_CHARTS} charts. {form}"
        )
    found = []
    for title, chart in configured.items():
        lines = chart.get("lines") if isinstance(chart, Mapping) else None
        if not isinstance(chart, Mapping) or set(chart) - {"unit", "lines"}:
            raise MalformedError(
                f"HRLab.host_metrics: chart {title!r} must have only the keys unit and lines. {form}"
            )
        if not isinstance(lines, Mapping) or not 1 <= len(lines) <= _MAX_LINES:
            raise MalformedError(
                f"HRLab.host_metrics: chart {title!r} must have 1 to {_MAX_LINES} lines. {form}"
            )
        if not all(isinstance(query, str) and query.strip() for query in lines.values()):
            raise MalformedError(
                f"HRLab.host_metrics: each line of chart {title!r} must be a query. {form}"
            )
        named = {str(name): query for name, query in lines.items()}
        found.append(HostChart(str(title), str(chart.get("unit") or ""), named))
    return tuple(found)


def _node(name: str, more: str = "") -> str:
    return f'{name}{{instance=~"$hosts"{more}}}'


def _rate(name: str, more: str) -> str:
    return f"sum(rate({_node(name, more)}[$window]))"


#: What is no card or disk of its own: its traffic is counted with the one that carries it.
_NO_CARD = ',device!~"lo|veth.*|docker.*|br-.*|cni.*|cali.*|virbr.*"'
_NO_DISK = ',device!~"dm-.*|md.*|loop.*|ram.*|zram.*|sr.*"'

#: Metrics of Prometheus' node_exporter, whose own default leaves out partitions of disks.
_NODE_EXPORTER = (
    HostChart(
        "Processor",
        "cores",
        {
            "busy": _rate("node_cpu_seconds_total", ',mode!~"idle|iowait|steal"'),
            "I/O wait": _rate("node_cpu_seconds_total", ',mode="iowait"'),
        },
    ),
    HostChart(
        "Memory",
        "bytes",
        {
            "used": f"sum({_node('node_memory_MemTotal_bytes')} - {_node('node_memory_MemAvailable_bytes')})"
        },
    ),
    HostChart(
        "Network",
        "bytes/s",
        {
            "read": _rate("node_network_receive_bytes_total", _NO_CARD),
            "write": _rate("node_network_transmit_bytes_total", _NO_CARD),
        },
    ),
    HostChart(
        "Disk",
        "bytes/s",
        {
            "read": _rate("node_disk_read_bytes_total", _NO_DISK),
            "write": _rate("node_disk_written_bytes_total", _NO_DISK),
        },
    ),
)


def _sum(inner: str, measurement: str, by: str, where: str = "") -> str:
    """The sum over hosts (and cores, cards or disks) of what each did in each step."""
    return (
        # From this file alone; what stands for the $words is made harmless in model/host_metrics.py.
        f'SELECT sum("each") FROM (SELECT {inner} AS "each" FROM "{measurement}" '  # noqa: S608
        f'WHERE $time AND "host" =~ /^($hosts)$/{where} GROUP BY time($step), "host"{by}) '
        "WHERE $time GROUP BY time($step) fill(none)"
    )


def _growth(counter: str, measurement: str, by: str, where: str) -> str:
    """The sum over hosts and cards (or disks) of the growth of their counters, between one point and the next."""
    return (
        # As above.
        'SELECT sum("each") FROM (SELECT mean("rate") AS "each" FROM '  # noqa: S608
        f'(SELECT non_negative_derivative("{counter}", 1s) AS "rate" FROM "{measurement}" '
        f'WHERE $time AND "host" =~ /^($hosts)$/{where} GROUP BY "host"{by}) '
        f'WHERE $time GROUP BY time($step), "host"{by}) '
        "WHERE $time GROUP BY time($step) fill(none)"
    )


_CARDS = ' AND "interface" !~ /^(all|lo|veth.*|docker.*|br-.*|cni.*|cali.*|virbr.*)$/'
_DISKS = (
    ' AND "name" !~ /^(dm-.*|md.*|loop.*|ram.*|zram.*|sr.*'
    "|[hsv]d[a-z]+[0-9]+|xvd[a-z]+[0-9]+|nvme[0-9]+n[0-9]+p[0-9]+|mmcblk[0-9]+p[0-9]+)$/"
)
_CORES = ', "cpu"', " AND \"cpu\" != 'cpu-total'"

#: Telegraf's own plugins cpu, mem, net and diskio, as its default configuration has them.
_TELEGRAF = (
    HostChart(
        "Processor",
        "cores",
        {
            "busy": _sum('1 - (mean("usage_idle") + mean("usage_iowait")) / 100', "cpu", *_CORES),
            "I/O wait": _sum('mean("usage_iowait") / 100', "cpu", *_CORES),
        },
    ),
    HostChart("Memory", "bytes", {"used": _sum('mean("used")', "mem", "")}),
    HostChart(
        "Network",
        "bytes/s",
        {
            "read": _growth("bytes_recv", "net", ', "interface"', _CARDS),
            "write": _growth("bytes_sent", "net", ', "interface"', _CARDS),
        },
    ),
    HostChart(
        "Disk",
        "bytes/s",
        {
            "read": _growth("read_bytes", "diskio", ', "name"', _DISKS),
            "write": _growth("write_bytes", "diskio", ', "name"', _DISKS),
        },
    ),
)

#: What is drawn where a site says nothing else.
CHARTS: Mapping[Kind, tuple[HostChart, ...]] = MappingProxyType(
    {"prometheus": _NODE_EXPORTER, "influx": _TELEGRAF}
)
