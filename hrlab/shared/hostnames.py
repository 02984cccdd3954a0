"""Names and addresses of machines."""

from __future__ import annotations

import re

_LOOPBACK = re.compile(r"127\.|::1$|localhost$|inproc")


def is_loopback(host: str) -> bool:
    """Whether `host` names the machine that asks."""
    return bool(_LOOPBACK.match(host))
