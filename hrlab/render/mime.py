"""A run as a cell output: hrlab's record for its own renderer, HTML and text for other viewers."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from hrlab.model.advice_rules import findings
from hrlab.model.run import Cluster, Run, RunWarning
from hrlab.model.wire import encode
from hrlab.render.html import html
from hrlab.render.text import text

RUN_MIME = "application/vnd.hrlab.run+json"

_ADDRESS = re.compile(r"\b(?:tcp|tls|ws|wss|ucx|ucxx|inproc|http|https)://[^\s'\",;)\]>]+")
_HIDDEN = "(address)"


def bundle(run: Run, off: Collection[str] = ()) -> dict[str, Any]:
    """Return the MIME bundle of the run's public copy; `off` has the codes of disabled advice."""
    copy = public_copy(run)
    return {
        RUN_MIME: copy.to_dict(),
        "text/html": html(copy, off),
        "text/plain": text(copy, off=off),
    }


def bundle_metadata(run: Run, off: Collection[str] = ()) -> dict[str, Any]:
    """Return the bundle's metadata: advice, which is not a measurement and therefore not in the record."""
    return {RUN_MIME: {"advice": [encode(one) for one in findings(public_copy(run), off)]}}


def public_copy(run: Run) -> Run:
    """Return the run without user, host and addresses: notebooks are shared and published."""
    environment = replace(run.environment, user=None, hostname=None)
    return replace(
        run,
        environment=environment,
        clusters=tuple(_public_cluster(cluster) for cluster in run.clusters),
        warnings=tuple(RunWarning(w.code, _without(run, w.message)) for w in run.warnings),
        source=replace(run.source, notebook=_relative(run.source.notebook)),
    )


def _public_cluster(cluster: Cluster) -> Cluster:
    # A cluster connected by address has no other name.
    name = _ADDRESS.sub("cluster", cluster.name)
    return replace(cluster, scheduler_address=None, hosts=None, name=name)


def _without(run: Run, message: str) -> str:
    """Return a message of hrlab without addresses and the host's name."""
    message = _ADDRESS.sub(_HIDDEN, message)
    host = run.environment.hostname
    return re.sub(rf"\b{re.escape(host)}\b", "(host)", message) if host else message


def _relative(notebook: str | None) -> str | None:
    """Return a path inside the server's root unchanged, and only the name of an absolute one, which would reveal users."""
    if notebook is None or not re.match(r"[/\\]|[A-Za-z]:|~", notebook):
        return notebook
    return re.split(r"[/\\]", notebook)[-1]
