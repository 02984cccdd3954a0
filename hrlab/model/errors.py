"""Hierarchy of hrlab's errors.

Each front end maps them to its own form in one table (HTTP status, exit code, ``UsageError``).
"""

from __future__ import annotations


class HrlabError(Exception):
    """Base class of all errors that hrlab raises deliberately.

    Parameters
    ----------
    message
        What was requested, the limit or cause, and the remedy, in one or two sentences for the user.
    detail
        Additional data for programs; JSON values only.
    """

    code = "error"

    def __init__(self, message: str, **detail: object) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class MalformedError(HrlabError):
    """The input has the wrong form: not JSON, an unknown parameter, a bad number."""

    code = "malformed"


class InvalidRecordError(HrlabError):
    """A record is valid JSON but not a valid run: a missing or mistyped field, or inconsistent times."""

    code = "invalid-record"


class NotFoundError(HrlabError):
    """The requested object does not exist."""

    code = "not-found"


class ConflictError(HrlabError):
    """The request conflicts with the current state."""

    code = "conflict"


class InvalidRequestError(HrlabError):
    """A request is well-formed, but has invalid values; ``detail.refusals`` lists them."""

    code = "invalid-request"


class ForbiddenError(HrlabError):
    """The object belongs to another user."""

    code = "forbidden"


class BackendError(HrlabError):
    """A backend (Kubernetes, a cluster process, a scheduler) failed or does not respond."""

    code = "backend"


class TooLargeError(HrlabError):
    """The request exceeds the size limit."""

    code = "too-large"


class StoreError(HrlabError):
    """The store is unavailable: locked, read-only, full, corrupt, or written by a newer hrlab."""

    code = "store-unavailable"


class UsageError(HrlabError):
    """A magic, command or function was called with unknown or invalid arguments."""

    code = "usage"
