"""Handler of addresses under the API that are not there."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.model.errors import NotFoundError
from hrlab.model.suggest import did_you_mean
from hrlab.server.handler import HrlabHandler, Verb

#: First parts of the addresses that are there.
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
        raise NotFoundError(f"There is no hrlab/api/{path.lstrip('/')}. {hint}", path=path)

    return missing


class MissingHandler(HrlabHandler):
    """Everything under ``hrlab/api`` that no other handler has; in JSON, not as a page of HTML."""

    get = _missing()
    head = _missing()
    post = _missing()
    put = _missing()
    patch = _missing()
    delete = _missing()
