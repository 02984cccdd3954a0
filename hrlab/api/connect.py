"""Connects a kernel to a cluster by name or id."""

from __future__ import annotations

import asyncio
import platform
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hrlab.api.jupyter_server import ParentServer
from hrlab.model.errors import BackendError, UsageError
from hrlab.model.suggest import did_you_mean
from hrlab.timing.dask.identity import note

#: Polling interval for a starting cluster: this share of the time waited so far, between two limits, in seconds.
POLL_SHARE, POLL_LEAST, POLL_MOST = 0.03, 0.03, 1.0
#: How often a server that reports problems is asked again before a cluster is said not to exist.
LOOKS = 5
#: Prefix of the addresses of schedulers behind a Dask Gateway.
GATEWAY = "gateway://"
#: Packages whose versions must always match, besides those named by the profile.
ALWAYS = ("python", "dask", "distributed")
_REMEDY = "Tasks may fail with confusing errors; use the same environment on both sides."


class OthersClusterWarning(UserWarning):
    """The kernel is connected to a cluster of another user."""


class VersionWarning(UserWarning):
    """Kernel and workers have different versions of a package that both use."""


def wait_for_address(
    server: ParentServer,
    wanted: str | None,
    timeout_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    *,
    others: bool = False,
) -> Mapping[str, Any]:
    """Return the wanted cluster as soon as it has a scheduler.

    Raises
    ------
    UsageError
        If no cluster or several match, or it belongs to another user and `others` is false.
    BackendError
        If the cluster fails, or is not ready in time.
    """
    begun = clock()
    until = begun + timeout_seconds
    cluster = _first_choice(server, wanted, sleep, others=others)
    while True:
        if cluster["state"] == "ready" and cluster["scheduler_address"]:
            return cluster
        why = f": {cluster['reason']}" if cluster["reason"] else "."
        if cluster["state"] != "starting":
            raise BackendError(f"{cluster['name']} is {cluster['state']}{why}", id=cluster["id"])
        if clock() >= until:
            raise BackendError(
                f"{cluster['name']} is still starting after {timeout_seconds:g} s{why} Wait longer "
                "with timeout_seconds=..., or check the panel.",
                id=cluster["id"],
            )
        sleep(min(max(POLL_LEAST, POLL_SHARE * (clock() - begun)), POLL_MOST))
        cluster = choose(server.get("clusters"), str(cluster["id"]), others=others)


def _first_choice(
    server: ParentServer, wanted: str | None, sleep: Callable[[float], None], *, others: bool
) -> Mapping[str, Any]:
    """Return the wanted cluster; repeat the request while a freshly started server cannot list all clusters yet."""
    for again in range(LOOKS, -1, -1):
        listed = server.get("clusters")
        try:
            return choose(listed, wanted, others=others)
        except UsageError:
            if not again or not listed.get("problems"):
                raise
        sleep(POLL_MOST)
    raise AssertionError("the last attempt returns or raises")


def choose(
    listed: Mapping[str, Any], wanted: str | None, *, others: bool = False
) -> Mapping[str, Any]:
    """Return the user's cluster with the id or name `wanted`, or the only candidate if `wanted` is None.

    In a shared namespace anybody can give a cluster any name, and a scheduler can run code in the kernels that connect
    to
    it. So names refer to the user's own clusters, and another user's cluster needs its full id and `others`.

    Raises
    ------
    UsageError
        If no cluster or several match, or it belongs to another user and `others` is false.
    """
    clusters: Sequence[Mapping[str, Any]] = listed["clusters"]
    own = [cluster for cluster in clusters if cluster["mine"]]
    if wanted is None:
        usable = [c for c in own if c["state"] in ("ready", "starting")]
        ready = [c for c in usable if c["state"] == "ready"]
        return _only(ready or usable, "You have no cluster. Create one in the panel first.")
    by_id = [cluster for cluster in own if cluster["id"] == wanted]
    if by_id:
        return by_id[0]
    named = [cluster for cluster in own if cluster["name"] == wanted]
    alive = [c for c in named if c["state"] in ("ready", "starting")]
    if not named:
        foreign = [c for c in clusters if not c["mine"] and wanted in (c["id"], c["name"])]
        exact = [cluster for cluster in foreign if cluster["id"] == wanted]
        if exact and others:
            return exact[0]
        if foreign:
            raise UsageError(_not_yours(wanted, exact or foreign))
    names = {str(cluster["name"]) for cluster in own}
    hint = did_you_mean(wanted, names) if names else "You have none; create one in the panel."
    missing = " ".join(str(problem["reason"]) for problem in listed.get("problems", ()))
    return _only(alive or named, f"There is no cluster {wanted!r}. {hint} {missing}".strip())


def _not_yours(wanted: str, foreign: Sequence[Mapping[str, Any]]) -> str:
    calls = " or ".join(f"hrlab.connect({str(one['id'])!r}, others=True)" for one in foreign[:3])
    return (
        f"{wanted!r} is not known to be one of your clusters. The owner of a cluster can run code in a kernel that "
        f"connects to it. If you trust its owner: {calls}."
    )


def _only(found: Sequence[Mapping[str, Any]], nothing: str) -> Mapping[str, Any]:
    if not found:
        raise UsageError(nothing)
    if len(found) > 1:
        ids = ", ".join(f"{cluster['name']} ({cluster['id']})" for cluster in found)
        raise UsageError(f"Several clusters match: {ids}. Pass the id of one.")
    return found[0]


def connect(
    server: ParentServer, wanted: str | None, timeout_seconds: float, *, others: bool = False
) -> Any:
    """Return a ``distributed.Client`` of the cluster; see :func:`hrlab.connect`."""
    import distributed  # noqa: F401 - slow: import it while the cluster is likely to be starting

    begun = time.monotonic()
    cluster = wait_for_address(server, wanted, timeout_seconds, others=others)
    if not cluster["mine"]:
        warnings.warn(
            f"{cluster['name']} ({cluster['id']}) is not known to be one of your clusters: its owner can read the data you "
            "send, and run code in this kernel.",
            OthersClusterWarning,
            stacklevel=4,
        )
    # Before anything is sent: with very different versions, connecting itself fails with confusing errors.
    told = told_before(cluster, _here())
    if told:
        _warn(cluster, told)
    client = _client(cluster, timeout_seconds - (time.monotonic() - begun))
    packages = (*ALWAYS, *_packages(server, cluster))
    seen = mismatches(client.get_versions(packages=list(packages)), packages)
    if seen and not told:
        _warn(cluster, seen)
    return client


def connect_to(address: str, timeout_seconds: float) -> Any:
    """Return a ``distributed.Client`` of the campaign's cluster, whatever cluster the notebook names."""
    return _client(
        {"name": "The campaign's cluster", "scheduler_address": address}, timeout_seconds
    )


def _client(cluster: Mapping[str, Any], timeout_seconds: float) -> Any:
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    address = str(cluster["scheduler_address"])
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", VersionMismatchWarning
        )  # hrlab warns in one sentence itself
        try:
            if address.startswith(GATEWAY):
                client = _at_gateway(address)
            else:
                client = Client(address, timeout=f"{max(5.0, timeout_seconds)}s")
        except (OSError, asyncio.TimeoutError) as error:  # not the built-in one before Python 3.11
            raise BackendError(
                f"{cluster['name']} is ready, but its scheduler at {address} does not respond to this "
                f"kernel: {error}."
            ) from error
    note(client, cluster)
    return client


def _at_gateway(address: str) -> Any:
    """Return a client of a cluster behind a Dask Gateway, which hands out the keys required by the scheduler."""
    try:
        from dask_gateway import Gateway, GatewayClusterError, GatewayServerError
    except ImportError as error:
        raise BackendError(
            f"The cluster at {address} is behind a Dask Gateway: install dask-gateway in this kernel's environment."
        ) from error
    try:
        cluster = Gateway().connect(address.rpartition("/")[2], shutdown_on_close=False)
        return cluster.get_client()
    except (GatewayClusterError, GatewayServerError, ValueError) as error:
        raise BackendError(
            f"The Dask Gateway of {address} rejected this kernel: {error}. Set its address and your authentication in "
            "Dask's configuration: gateway.address, gateway.auth."
        ) from error


def _warn(cluster: Mapping[str, Any], told: str) -> None:
    text = f"{cluster['name']} and this kernel have different versions: {told}. {_REMEDY}"
    warnings.warn(text, VersionWarning, stacklevel=5)


def _here() -> Mapping[str, str]:
    import dask
    import distributed

    versions = {"dask": dask.__version__, "distributed": distributed.__version__}
    return {"python": platform.python_version(), **versions}


def told_before(cluster: Mapping[str, Any], here: Mapping[str, str]) -> str:
    """Describe the version differences known to the server before connecting."""
    there: Mapping[str, str] = cluster.get("versions") or {}
    return "; ".join(
        f"{package} {version} here, {there[package]} there"
        for package, version in here.items()
        if package in there and not _fits(package, version, there[package])
    )


def _packages(server: ParentServer, cluster: Mapping[str, Any]) -> Iterable[str]:
    """Return the packages whose versions the cluster's profile wants compared."""
    if cluster["profile"] is None:
        return ()
    profiles = server.get("profiles")["profiles"]
    named = [profile for profile in profiles if profile["name"] == cluster["profile"]]
    return tuple(named[0].get("packages", ())) if named else ()


def mismatches(versions: Mapping[str, Any], packages: Iterable[str]) -> str:
    """Describe the version differences between this kernel and the cluster; empty if there are none.

    Parameters
    ----------
    versions
        Result of ``distributed.Client.get_versions``.
    packages
        Import names of the packages to compare.
    """
    sides = [side for side in (versions.get("scheduler"), *versions["workers"].values()) if side]
    parts = []
    for package in dict.fromkeys(packages):
        here = _version(versions["client"], package)
        there = {_version(side, package) for side in sides}
        if other := sorted(one for one in there if not _fits(package, here, one)):
            parts.append(f"{package} {here} here, {' and '.join(other)} there")
    return "; ".join(parts)


def _version(side: Mapping[str, Any], package: str) -> str:
    version = str((side.get("packages") or {}).get(package) or "none")
    # Python's is given as 3.11.7.final.0
    return ".".join(version.split(".")[:3]) if package == "python" else version


def _fits(package: str, here: str, there: str) -> bool:
    if package == "python":  # pickled code is compatible between patch releases only
        return here.split(".")[:2] == there.split(".")[:2]
    return here == there
