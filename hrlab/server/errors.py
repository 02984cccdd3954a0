"""Maps errors to HTTP status codes and the common error body."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError

from hrlab.model import errors

#: The first matching class is used.
STATUS: tuple[tuple[type[errors.HrlabError], HTTPStatus], ...] = (
    (errors.MalformedError, HTTPStatus.BAD_REQUEST),
    (errors.ForbiddenError, HTTPStatus.FORBIDDEN),
    (errors.NotFoundError, HTTPStatus.NOT_FOUND),
    (errors.ConflictError, HTTPStatus.CONFLICT),
    (errors.TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.InvalidRecordError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.InvalidRequestError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.BackendError, HTTPStatus.BAD_GATEWAY),
    (errors.StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
)

_FORBIDDEN = "You are not logged in or lack permission. Log in again or ask your administrator."
_UNEXPECTED = "Unexpected error in hrlab. See the server's log for details."


class ErrorsInOneShape:
    """Mixin that writes errors in hrlab's common format; must precede the handler's base class."""

    def write_error(self: Any, status_code: int, **kwargs: Any) -> None:
        """Write an error in the common format."""
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        if error is not None:
            status_code = status_of(error)
            self.set_status(status_code)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(body_of(error, status_code)))

    def log_exception(self: Any, typ: Any, value: Any, tb: Any) -> None:
        """Log unexpected errors with a traceback, and rejected requests in one line."""
        if isinstance(value, errors.HrlabError):
            self.log.info("hrlab: %s %s: %s", self.request.method, self.request.path, value)
        else:
            super().log_exception(typ, value, tb)  # type: ignore[misc]


def status_of(error: BaseException) -> int:
    """Return the HTTP status of `error`."""
    if isinstance(error, HTTPError):
        return error.status_code
    for kind, status in STATUS:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def body_of(error: BaseException | None, status: int) -> dict[str, Any]:
    """Return the response body for `error`."""
    code, message, detail = _explained(error, status)
    return {"error": {"code": code, "message": message, "detail": detail}}


def _explained(error: BaseException | None, status: int) -> tuple[str, str, dict[str, Any]]:
    if isinstance(error, errors.HrlabError) and status != HTTPStatus.INTERNAL_SERVER_ERROR:
        return error.code, error.message, error.detail
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "internal", _UNEXPECTED, {}
    phrase = HTTPStatus(status).phrase
    message = _FORBIDDEN if status == HTTPStatus.FORBIDDEN else f"{phrase}."
    if isinstance(error, HTTPError) and error.log_message:
        message = error.log_message % error.args  # tornado doubles % if there are no arguments
    return phrase.lower().replace(" ", "-"), message, {}
