"""Interface of a quota source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hrlab.model.errors import HrlabError
from hrlab.model.quota import Quota


class QuotaError(HrlabError):
    """A source cannot be queried; the message states the cause, for the user."""

    code = "quota-source"


class QuotaSource(Protocol):
    """A source of limits and usage.

    Attributes
    ----------
    name
        Value of `Quota.source`.
    fresh_seconds
        How long an answer may be reused.

    A source whose limits hrlab enforces has ``enforced = True`` and is queried anew before each decision.
    A source with open resources has a coroutine ``stop``.
    """

    name: str
    fresh_seconds: float

    async def quotas(self) -> Sequence[Quota]:
        """Return current limits and usage.

        Must not block the event loop; may hang, because callers set a timeout.

        Raises
        ------
        QuotaError
            If the source cannot be queried.
        """
