"""How any Dask cluster class is called, with care for what its authors left open. Part of the cluster host."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

#: Keys to the user's account at the hub and to the Jupyter server: a batch system hands the environment on to other
#: machines, and workers have no use for them.
KEYS = (
    "CONFIGPROXY_AUTH_TOKEN",
    "JPY_API_TOKEN",
    "JPY_PARENT_PID",
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_COOKIE_SECRET",
    "JUPYTER_TOKEN",
)
#: The site's keys to its databases, which no class of clusters needs.
OWN_KEYS = ("HRLAB_INFLUX_TOKEN", "HRLAB_HOST_METRICS_TOKEN")
#: Patterns of other variables that are kept back unless the site says otherwise.
SECRET_VARIABLES = ("*TOKEN*", "*SECRET*", "*PASSWORD*")


def secrets_in(
    environ: Mapping[str, str], patterns: Sequence[str] = SECRET_VARIABLES
) -> dict[str, str]:
    """The variables that stay with the Jupyter server: its keys, and what matches `patterns`, in any case."""
    wanted = [pattern.upper() for pattern in (*KEYS, *patterns)]
    return {
        name: value
        for name, value in environ.items()
        if any(fnmatchcase(name.upper(), pattern) for pattern in wanted)
    }


def construct(kind: Any, arguments: dict[str, Any], secrets: dict[str, str]) -> Any:
    """Call `kind`; those that start nothing here may log in at a gateway with the user's keys."""
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
    """The class, or function that gives a cluster, that `path` names; what takes long is to import it."""
    import dask
    import distributed  # noqa: F401 - its configuration

    before = dask.config.get("distributed.nanny.pre-spawn-environ", default={})
    dask.config.set({"distributed.nanny.pre-spawn-environ": {**before, **environment}})
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def loopback(kind: Any, arguments: dict[str, Any], name: str) -> dict[str, Any]:
    """`arguments` with what keeps scheduler and dashboard on loopback where neither template nor site says otherwise."""
    import dask
    from distributed import LocalCluster

    takes = inspect.signature(kind).parameters
    full = dict(arguments, asynchronous=True)
    if inspect.isclass(kind) and issubclass(kind, LocalCluster):
        # Workers come by scaling, as those of every other class; so the scheduler is seen first.
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
        # By these names jobs are found again, even if the host dies before it has read their numbers.
        return {"name": name, "job_name": name, **full, "scheduler_options": options}
    if "dashboard_address" in takes:
        full.setdefault("dashboard_address", "127.0.0.1:0")
    return full


def dashboard(cluster: Any) -> str | None:
    """Where this machine reaches the dashboard; `dashboard_link` may be a template for browsers."""
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
    """Do not wait long for a scheduler that may be gone already: distributed would try again for half a minute."""
    if "dask" in sys.modules:
        sys.modules["dask"].config.set({"distributed.comm.timeouts.connect": "2s"})
