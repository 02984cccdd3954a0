"""Handler of unknown addresses below the API."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.model.errors import NotFoundError
from hrlab.model.suggest import did_you_mean
from hrlab.server.handler import HrlabHandler, Verb

#: First path segments of the known addresses.
ENDPOINTS = (
    "campaigns",
    "clusters",
    "compare",
    "exports",
    "profiles",
    "quotas",
    "report",
    "runs",
    "sizing",
)


def _missing() -> Verb:
    @web.authenticated
    @authorized
    async def missing(_: HrlabHandler, path: str) -> None:
        hint = did_you_mean(path.strip("/").partition("/")[0], ENDPOINTS)
        raise NotFoundError(f"Unknown address hrlab/api/{path.lstrip('/')}. {hint}", path=path)

    return missing


class MissingHandler(HrlabHandler):
    """Answers unknown addresses below ``hrlab/api`` with JSON instead of an HTML page."""

    get = _missing()
    head = _missing()
    post = _missing()
    put = _missing()
    patch = _missing()
    delete = _missing()
