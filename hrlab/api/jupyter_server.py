"""HTTP client of the Jupyter server that started this kernel, found by its runtime file or the hub's environment."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hrlab.model.errors import (
    BackendError,
    HrlabError,
    InvalidRequestError,
    MalformedError,
    NotFoundError,
    UsageError,
)
from hrlab.store.location import jupyter_data_directory

PARENT, RUNTIME = "JPY_PARENT_PID", "JUPYTER_RUNTIME_DIR"
HUB_TOKEN, HUB_URL, HUB_PREFIX = (
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_SERVICE_URL",
    "JUPYTERHUB_SERVICE_PREFIX",
)
TIMEOUT_SECONDS = 30.0
#: Errors caused by the request itself: raised in the kernel with their own class.
_REFUSALS: Mapping[str, type[HrlabError]] = {
    kind.code: kind for kind in (InvalidRequestError, MalformedError, NotFoundError)
}


@dataclass(frozen=True, slots=True)
class ParentServer:
    """Address and token of the server; the token never appears in a text."""

    url: str
    token: str

    def __repr__(self) -> str:
        """Return the address without the token."""
        return f"ParentServer({self.url!r})"

    def get(self, path: str) -> Any:
        """Return the JSON value of `path` below ``hrlab/api/``.

        Raises
        ------
        HrlabError
            If the server rejects the request or does not respond.
        """
        return self._request(path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post `body` to `path` below ``hrlab/api/`` and return the JSON value of the response.

        Raises
        ------
        HrlabError
            If the server rejects the request or does not respond.
        """
        return self._request(path, json.dumps(body).encode())

    def _request(self, path: str, body: bytes | None) -> Any:
        try:
            try:
                return self._answer(path, body, secrets.token_hex(16))
            except urllib.error.HTTPError as error:
                given = _xsrf_of(error)
                if body is None or error.code != 403 or not given:
                    raise
                error.close()
                return self._answer(path, body, given)
        except urllib.error.HTTPError as error:
            with error:
                raise _told(error.code, error.read(), self.url) from None
        except (OSError, ValueError) as error:
            raise BackendError(
                f"The Jupyter server at {self.url} does not respond: {error}."
            ) from error

    def _answer(self, path: str, body: bytes | None, xsrf: str) -> Any:
        """Send one request and return the response.

        Single-user servers derived from Jupyter Server (``jupyter labhub``) require a matching XSRF cookie and header
        besides the
        token for POST. That protects browsers, which send cookies automatically; here one client sets both. Before
        JupyterHub 4.1
        any matching pair is accepted; later versions return their own with the rejection.
        """
        request = urllib.request.Request(f"{self.url}hrlab/api/{path}", data=body)  # noqa: S310 - from Jupyter's own file
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.add_header("Cookie", f"_xsrf={xsrf}")
            request.add_header("X-XSRFToken", xsrf)
        if self.token:
            request.add_header("Authorization", f"token {self.token}")
        # No proxy: a proxy of the site cannot reach this machine.
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.url.startswith("https:"):  # loading certificates takes longer than the request
            handlers.append(urllib.request.HTTPSHandler(context=self._trust()))
        opener = urllib.request.build_opener(*handlers)
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if _is_this_machine(urlsplit(self.url).hostname or ""):
            # Certificates are issued for the public name, never for the loopback address.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def find_parent_server(environ: Mapping[str, str] | None = None) -> ParentServer:
    """Return the server that started this kernel.

    Raises
    ------
    UsageError
        If there is none; the message says where it was looked for.
    """
    found = os.environ if environ is None else environ
    info = _runtime_file(found)
    if info is not None:
        return ParentServer(reachable(str(info["url"])), token_for(info, found))
    if found.get(HUB_URL) and found.get(HUB_TOKEN):
        address = urlsplit(found[HUB_URL])
        prefix = found.get(HUB_PREFIX) or address.path or "/"
        url = f"{address.scheme}://{address.netloc}{prefix.rstrip('/')}/"
        return ParentServer(reachable(url), found[HUB_TOKEN])
    raise UsageError(
        "Found no Jupyter server that started this process: no runtime file of a server with the process "
        f"id in {PARENT}, and {HUB_URL} is not set. In a kernel on another machine, or outside Jupyter, "
        "use distributed.Client with the address from the panel instead."
    )


def token_for(info: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Return the token of the server described by the runtime file `info`.

    Below a hub's prefix, the hub's token is used: servers derived from Jupyter Server (``jupyter labhub``) write a
    random token
    to the file that they do not accept.
    """
    own, hub = str(info.get("token") or ""), environ.get(HUB_TOKEN, "")
    prefix = environ.get(HUB_PREFIX, "").rstrip("/")
    below = bool(prefix) and f"{urlsplit(str(info['url'])).path.rstrip('/')}/".startswith(
        f"{prefix}/"
    )
    return (hub or own) if below else (own or hub)


def _runtime_file(environ: Mapping[str, str]) -> Mapping[str, Any] | None:
    number = environ.get(PARENT, "")
    if not number.isdecimal():
        return None
    for name in ("jpserver", "nbserver"):
        path = runtime_directory(environ) / f"{name}-{number}.json"
        try:
            info = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(info, dict) and str(info.get("url", "")).startswith("http"):
            if info.get("sock"):
                raise UsageError(
                    "The Jupyter server listens on a Unix socket only; hrlab needs a TCP port."
                )
            return info
    return None


def runtime_directory(environ: Mapping[str, str]) -> Path:
    """Return the directory of the runtime files of Jupyter servers."""
    if environ.get(RUNTIME):
        return Path(environ[RUNTIME])
    try:
        from jupyter_core.paths import jupyter_runtime_dir
    except ImportError:
        return jupyter_data_directory() / "runtime"
    return Path(jupyter_runtime_dir())


def reachable(url: str) -> str:
    """Return `url` with the loopback address in place of a wildcard address, which accepts no connections."""
    address = urlsplit(url)
    if address.hostname in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        port = f":{address.port}" if address.port else ""
        address = address._replace(netloc=f"127.0.0.1{port}")
    return address.geturl().rstrip("/") + "/"


def _xsrf_of(error: urllib.error.HTTPError) -> str:
    """Return the XSRF token that a rejection sets as a cookie; empty if there is none."""
    for text in error.headers.get_all("Set-Cookie") or ():
        with suppress(CookieError):
            if found := SimpleCookie(text).get("_xsrf"):
                return found.value
    return ""


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _told(status: int, body: bytes, url: str) -> HrlabError:
    code = message = ""
    try:
        told = json.loads(body)["error"]
        message, code = str(told["message"]), str(told.get("code", ""))
    except (ValueError, KeyError, TypeError):
        pass
    if status == 404 and not message:
        return NotFoundError(
            f"The Jupyter server at {url} does not have hrlab. Install hrlab in the server's environment and "
            "restart the server."
        )
    if code in _REFUSALS:
        return _REFUSALS[code](message)
    return BackendError(f"The Jupyter server responded with status {status}. {message}".strip())
