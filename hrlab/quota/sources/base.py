"""What every source of quotas does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hrlab.model.errors import HrlabError
from hrlab.model.quota import Quota


class QuotaError(HrlabError):
    """A source can't be asked now; the message says why, for the user."""

    code = "quota-source"


class QuotaSource(Protocol):
    """Says what one origin of limits allows.

    Attributes
    ----------
    name
        Its word in `Quota.source`.
    fresh_seconds
        For how long an answer is given again before it is asked for anew.

    One that may set limits that hrlab enforces has ``enforced = True``: it is asked anew before each decision.
    One that keeps something open has a coroutine ``stop``.
    """

    name: str
    fresh_seconds: float

    async def quotas(self) -> Sequence[Quota]:
        """What holds now.

        Never holds the event loop; may hang, because whoever asks sets a time limit.

        Raises
        ------
        QuotaError
            If it can't be told, for a reason that users understand.
        """
