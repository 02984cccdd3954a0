"""Quotas in code, from the Jupyter server of this process."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from hrlab.api.find_server import find_server
from hrlab.model.quota import QuotaReport
from hrlab.model.wire import decode, encode
from hrlab.quota.text import quota_text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownQuotas(QuotaReport):
    """Quotas that display themselves as a table."""

    def __repr__(self) -> str:
        """Return one line for each limit."""
        return quota_text(self, time.time())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the server's response."""
        found: dict[str, Any] = encode(self)
        return found


def asked_quotas() -> ShownQuotas:
    """Return the current quotas; see :func:`hrlab.quotas`."""
    return decode(ShownQuotas, find_server().get("quotas"), "quotas")
