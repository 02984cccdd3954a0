"""Create clusters of any Dask class, with safe defaults. Part of the cluster host."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

#: Credentials of the user's hub account and Jupyter server: a batch system copies the environment to other
#: machines, and workers do not need them.
KEYS = (
    "CONFIGPROXY_AUTH_TOKEN",
    "JPY_API_TOKEN",
    "JPY_PARENT_PID",
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_COOKIE_SECRET",
    "JUPYTER_TOKEN",
)
#: The site's database credentials, which no cluster class needs.
OWN_KEYS = ("HRLAB_INFLUX_TOKEN", "HRLAB_HOST_METRICS_TOKEN")
#: Patterns of other variables withheld by default.
SECRET_VARIABLES = ("*TOKEN*", "*SECRET*", "*PASSWORD*")


def secrets_in(
    environ: Mapping[str, str], patterns: Sequence[str] = SECRET_VARIABLES
) -> dict[str, str]:
    """Return the variables to withhold: known credentials, and names that match `patterns`, ignoring case."""
    wanted = [pattern.upper() for pattern in (*KEYS, *patterns)]
    return {
        name: value
        for name, value in environ.items()
        if any(fnmatchcase(name.upper(), pattern) for pattern in wanted)
    }


def construct(kind: Any, arguments: dict[str, Any], secrets: dict[str, str]) -> Any:
    """Call `kind`; classes that start no local processes may use the user's credentials, for example at a gateway."""
    from distributed import SpecCluster

    if inspect.isclass(kind) and issubclass(kind, SpecCluster):
        return kind(**arguments)
    os.environ.update(secrets)
    try:
        return kind(**arguments)
    finally:
        for name in secrets:
            os.environ.pop(name, None)


async def load(path: str, environment: dict[str, str]) -> Any:
    """Import the class or factory function that `path` names."""
    import dask
    import distributed  # noqa: F401 - its configuration

    before = dask.config.get("distributed.nanny.pre-spawn-environ", default={})
    dask.config.set({"distributed.nanny.pre-spawn-environ": {**before, **environment}})
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def loopback(kind: Any, arguments: dict[str, Any], name: str) -> dict[str, Any]:
    """Add arguments that keep scheduler and dashboard on loopback, unless template or site configure otherwise."""
    import dask
    from distributed import LocalCluster

    takes = inspect.signature(kind).parameters
    full = dict(arguments, asynchronous=True)
    if inspect.isclass(kind) and issubclass(kind, LocalCluster):
        # Start without workers, like every other class, so that the scheduler is reported first.
        return {"n_workers": 0, "dashboard_address": "127.0.0.1:0", **full}
    if "scheduler_options" in takes:  # dask-jobqueue
        section = "jobqueue." + getattr(getattr(kind, "job_cls", None), "config_name", "")
        site = dask.config.get(section, default={})
        options = dict(full.get("scheduler_options") or site.get("scheduler-options") or {})
        options.setdefault("dashboard_address", "127.0.0.1:0")
        if isinstance(full.get("log_directory"), str):
            full["log_directory"] = os.path.expanduser(full["log_directory"])  # noqa: PTH111 - a text
        if not (
            full.get("interface") or site.get("interface") or {"host", "interface"} & set(options)
        ):
            options["host"] = "127.0.0.1"
        # Job names by which jobs are found even if the host dies before it has read their ids.
        return {"name": name, "job_name": name, **full, "scheduler_options": options}
    if "dashboard_address" in takes:
        full.setdefault("dashboard_address", "127.0.0.1:0")
    return full


def dashboard(cluster: Any) -> str | None:
    """Return the dashboard's URL as this machine reaches it; `dashboard_link` may be a template for browsers."""
    server = getattr(getattr(cluster, "scheduler", None), "http_server", None)
    if server is None:
        link = getattr(cluster, "dashboard_link", None)
        return link.rpartition("/status")[0] or link if link else None
    for bound in getattr(server, "_sockets", {}).values():
        host, port = bound.getsockname()[:2]
        everywhere = host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
        return f"http://{'127.0.0.1' if everywhere else host}:{port}"
    return None


def hurry() -> None:
    """Shorten the connect timeout: distributed would retry a dead scheduler for half a minute."""
    if "dask" in sys.modules:
        sys.modules["dask"].config.set({"distributed.comm.timeouts.connect": "2s"})
