"""Clusters that are away as a whole: scheduler and workers at a site without a route to the hub's network.

The scheduler leads two ports of the hub's SSH forwarder to itself (see
:mod:`hrlab.clusters.kubernetes.in_container.tunnel`), its Service selects the forwarder, and workers
ask through it where at their site the scheduler is. The part ``away`` of a template::

    away:
      forwarder: access.example.org:31022     # where the site reaches the forwarder
      host_key: ssh-ed25519 AAAA...           # its key; `any` accepts whoever answers there
      selector: {app.kubernetes.io/name: ssh-fwd}
      ports: [8000, 9998]                     # that the forwarder gives
      user: "{owner}"                         # as the forwarder knows the user; this is the default
      password: {variable: JUPYTERHUB_API_TOKEN}    # or private_key; {variable: }, {file: } or {secret: NAME, key: KEY}
      in_clear: false                         # true: written into the resource, for all to read who may read it
      program: [python, /cvmfs/.../tunnel.py] # instead of sending it along
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hrlab.clusters.kubernetes.api import Object
from hrlab.clusters.kubernetes.in_container import packed, tunnel
from hrlab.clusters.kubernetes.scheduler_health import COMM, DASHBOARD

#: What stands in the worker's command for an address that only the site knows.
SCHEDULER = tunnel.PLACE
#: Key of the cluster's Secret that holds the credential, and where a Secret that the site made is mounted.
TUNNEL_KEY = "tunnel"
SECRET_FOLDER = "/var/run/hrlab/tunnel"  # noqa: S105 - a path
VARIABLE = "HRLAB_TUNNEL"
_KEYS = {
    "forwarder",
    "host_key",
    "selector",
    "ports",
    "user",
    "password",
    "private_key",
    "in_clear",
    "program",
}
_SOURCES = ({"variable"}, {"file"}, {"secret", "key"})
_NEEDED = ("forwarder", "host_key", "selector", "ports")
_BY = ("password", "private_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Connection to the hub from an away site.

    Attributes
    ----------
    by
        ``password`` or ``private_key``.
    source
        Where the credential is: ``{variable}`` or ``{file}`` of the Jupyter server, or ``{secret, key}`` in Kubernetes.
    """

    host: str
    port: int
    host_key: str
    selector: Mapping[str, str]
    ports: range
    user: str
    by: str
    source: Mapping[str, str]
    in_clear: bool
    program: tuple[str, ...]

    @property
    def is_sent(self) -> bool:
        """Whether hrlab brings the credential there, in a Secret of the cluster."""
        return "secret" not in self.source and not self.in_clear


def problem_of(template: Mapping[str, Any]) -> str:
    """Return what is wrong with the part ``away``; empty if valid or absent."""
    if "away" not in template:
        return ""
    if "published_ports" in template:
        return "published_ports are for workers away, and away is for all away: take one of them"
    if "scheduler_address" in (template.get("worker") or {}):
        return "worker.scheduler_address is for workers away: with away they ask for it"
    given = template["away"]
    if not isinstance(given, Mapping):
        return "away must be a mapping"
    return _wrong_keys(given) or _wrong_values(given)


def _wrong_keys(given: Mapping[str, Any]) -> str:
    if unknown := sorted(set(given) - _KEYS):
        return f"away has an unknown key {unknown[0]}"
    if missing := [key for key in _NEEDED if not given.get(key)]:
        return f"away needs {missing[0]}"
    named = [key for key in _BY if key in given]
    if len(named) != 1:
        return "away needs either a password or a private_key"
    source = given[named[0]]
    if not isinstance(source, Mapping) or set(source) not in _SOURCES:
        return f"away.{named[0]} needs a source: {{variable: }}, {{file: }}, or {{secret: , key: }}"
    return ""


def _wrong_values(given: Mapping[str, Any]) -> str:
    if not isinstance(given["selector"], Mapping):
        return "away.selector must be labels of the forwarder's pods"
    if _ports(given["ports"]) is None:
        return "away.ports must be two numbers, such as [8000, 9998]"
    forwarder = str(given["forwarder"])
    if "{" not in forwarder and not forwarder.rpartition(":")[2].isdigit():
        return "away.forwarder must be an address with a port, such as access.example.org:31022"
    return ""


def away_of(template: Mapping[str, Any], owner: str) -> Away | None:
    """Parse the part ``away`` of a filled template for a user; None if absent."""
    given = template.get("away")
    if given is None:
        return None
    host, _, port = str(given["forwarder"]).rpartition(":")
    by = next(key for key in _BY if key in given)
    return Away(
        host=host,
        port=int(port) if port.isdigit() else 0,
        host_key=str(given["host_key"]),
        selector={str(key): str(value) for key, value in given["selector"].items()},
        ports=_ports(given["ports"]) or range(0),
        user=str(given.get("user") or owner),
        by=by,
        source=given[by],
        in_clear=given.get("in_clear") is True,
        program=tuple(given.get("program") or ("python", "-c", packed("tunnel"))),
    )


def sent_away(
    resource: Object, away: Away, ports: tuple[int, int], sent_file: str, in_clear: str
) -> Object:
    """The same, with programs that use the tunnel, and the forwarder behind the Service.

    Parameters
    ----------
    ports
        Of the forwarder: for Dask, and for HTTP.
    sent_file
        Where the containers find a credential that hrlab has sent.
    in_clear
        The credential itself, where the site accepts that; else empty.
    """
    metadata, spec = resource["metadata"], resource["spec"]
    file = f"{SECRET_FOLDER}/{away.source['key']}" if "key" in away.source else sent_file
    service = {
        **_service(away, ports),
        **_without(spec["scheduler"]["service"], "type", "selector", "ports"),
    }
    about = {
        "host": away.host,
        "port": away.port,
        "user": away.user,
        "by": away.by,
        "host_key": None if away.host_key == "any" else away.host_key,
        "listen": list(ports),
        "scheduler": [f"{metadata['name']}-scheduler.{metadata['namespace']}", ports[1]],
        **({"secret": in_clear} if in_clear else {"secret_file": file}),
    }
    return {
        **resource,
        "spec": {
            **spec,
            "scheduler": {
                **spec["scheduler"],
                "spec": _pod("scheduler", spec["scheduler"]["spec"], away, about),
                "service": service,
            },
            "worker": {
                **spec["worker"],
                "spec": _pod("worker", spec["worker"]["spec"], away, about),
            },
        },
    }


def tunnel_ports(service: Object) -> set[int]:
    """Return a Service's target ports by number."""
    ports = service["spec"].get("ports") or ()
    numbers = (str(port.get("targetPort", port.get("port"))) for port in ports)
    return {int(number) for number in numbers if number.isdigit()}


def taken_ports(services: Iterable[Object], away: Away) -> set[int]:
    """Return the forwarder's ports in use by services."""
    return {
        port
        for service in services
        if service["spec"].get("selector") == dict(away.selector)
        for port in tunnel_ports(service)
    }


def end_reason(code: object) -> str:
    """Explain the exit code of the scheduler's program; empty if it is not one of the tunnel's."""
    return {
        tunnel.NO_ASYNCSSH: "The tunnel to the hub needs asyncssh, which the scheduler's image does not have.",
        tunnel.OTHER_HOST: "The hub's forwarder has an unexpected host key. Tell your admin.",
        tunnel.REFUSED: "The hub's forwarder rejected the tunnel's credential: it may have expired.",
        tunnel.TAKEN: "Another client took the port at the hub's forwarder at the same moment.",
    }.get(code if isinstance(code, int) else 0, "")


def _service(away: Away, ports: tuple[int, int]) -> Object:
    # Without targetPort, which is the port then: the stock CRD takes it as text only, where Kubernetes wants names.
    named = [
        {"name": label, "protocol": "TCP", "port": port}
        for (label, _), port in zip((COMM, DASHBOARD), ports, strict=True)
    ]
    return {"type": "ClusterIP", "selector": dict(away.selector), "ports": named}


def _pod(part: str, pod: Object, away: Away, about: Mapping[str, Any]) -> Object:
    container, *others = pod["containers"]
    words = list(container["args"])
    if part == "scheduler":  # several may share a machine of the site
        words += ["--port", "0", "--dashboard-address", ":0"]
    variable = {"name": VARIABLE, "value": json.dumps(about)}
    changed = {
        **_without(container, "ports", "readinessProbe"),
        "args": [*away.program, part, *words],
        "env": [*container.get("env", ()), variable],
    }
    made = {**pod, "containers": [changed, *others]}
    if "secret" not in away.source or away.in_clear:
        return made
    mount = {"name": "hrlab-tunnel", "mountPath": SECRET_FOLDER, "readOnly": True}
    changed["volumeMounts"] = [*changed.get("volumeMounts", ()), mount]
    volume = {"name": "hrlab-tunnel", "secret": {"secretName": away.source["secret"]}}
    return {**made, "volumes": [*pod.get("volumes", ()), volume]}


def _without(values: Mapping[str, Any], *keys: str) -> Object:
    return {key: value for key, value in values.items() if key not in keys}


def _ports(given: object) -> range | None:
    match given:
        case [int(first), int(last)] if 0 < first < last < 65536:
            return range(first, last + 1)
    return None
