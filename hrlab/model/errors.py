"""The one tree of hrlab's errors.

Each front has one table that maps these to its own form (HTTP status, exit code, ``UsageError``).
"""

from __future__ import annotations


class HrlabError(Exception):
    """Base of all errors that hrlab raises on purpose.

    Parameters
    ----------
    message
        What was asked, the limit or cause, and the remedy, in one or two sentences for the user.
    detail
        What a program may want to know beside the message; JSON values only.
    """

    code = "error"

    def __init__(self, message: str, **detail: object) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class MalformedError(HrlabError):
    """The input is not of the form that was asked for: not JSON, an unknown parameter, a bad number."""

    code = "malformed"


class InvalidRecordError(HrlabError):
    """A record is well-formed JSON, but not a run: a field is missing, of another type, or the books do not balance."""

    code = "invalid-record"


class NotFoundError(HrlabError):
    """There is no such thing."""

    code = "not-found"


class ConflictError(HrlabError):
    """What was asked contradicts what is there."""

    code = "conflict"


class InvalidRequestError(HrlabError):
    """A request is of the right form, but asks for impossible values; ``detail.refusals`` says which."""

    code = "invalid-request"


class ForbiddenError(HrlabError):
    """The thing is there, but it is another user's."""

    code = "forbidden"


class BackendError(HrlabError):
    """What is behind hrlab (Kubernetes, a cluster host, a scheduler) failed or does not answer."""

    code = "backend"


class TooLargeError(HrlabError):
    """What was sent is larger than the limit."""

    code = "too-large"


class StoreError(HrlabError):
    """The store cannot be used now: locked, read-only, full, corrupt, or written by a newer hrlab."""

    code = "store-unavailable"


class UsageError(HrlabError):
    """A magic, command or function was called with words it does not know or values that are impossible."""

    code = "usage"
