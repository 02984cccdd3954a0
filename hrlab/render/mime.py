"""A run as a cell's output: hrlab's own record for its renderer, HTML and text for every other viewer."""

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
    """MIME bundle of the run's public copy; `off` are codes of advice that is not wanted."""
    copy = public_copy(run)
    return {
        RUN_MIME: copy.to_dict(),
        "text/html": html(copy, off),
        "text/plain": text(copy, off=off),
    }


def bundle_metadata(run: Run, off: Collection[str] = ()) -> dict[str, Any]:
    """What goes beside the bundle: advice, which is no fact and so not in the record."""
    return {RUN_MIME: {"advice": [encode(one) for one in findings(public_copy(run), off)]}}


def public_copy(run: Run) -> Run:
    """The run without user, host and addresses: notebooks are shared and published."""
    environment = replace(run.environment, user=None, hostname=None)
    return replace(
        run,
        environment=environment,
        clusters=tuple(_public_cluster(cluster) for cluster in run.clusters),
        warnings=tuple(RunWarning(w.code, _without(run, w.message)) for w in run.warnings),
        source=replace(run.source, notebook=_relative(run.source.notebook)),
    )


def _public_cluster(cluster: Cluster) -> Cluster:
    # A cluster joined by its address has no better name than that.
    name = _ADDRESS.sub("cluster", cluster.name)
    return replace(cluster, scheduler_address=None, hosts=None, name=name)


def _without(run: Run, message: str) -> str:
    """Hrlab's own message without addresses and without the host's name."""
    message = _ADDRESS.sub(_HIDDEN, message)
    host = run.environment.hostname
    return re.sub(rf"\b{re.escape(host)}\b", "(host)", message) if host else message


def _relative(notebook: str | None) -> str | None:
    """A path inside the server's root stays; an absolute one, which tells of homes and users, becomes a name."""
    if notebook is None or not re.match(r"[/\\]|[A-Za-z]:|~", notebook):
        return notebook
    return re.split(r"[/\\]", notebook)[-1]
