"""Names and addresses of machines."""

from __future__ import annotations

import re

_LOOPBACK = re.compile(r"127\.|::1$|localhost$|inproc")


def is_loopback(host: str) -> bool:
    """Return whether `host` is a loopback name or address, which means another machine on each machine."""
    return bool(_LOOPBACK.match(host))
