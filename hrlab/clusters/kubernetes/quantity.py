"""Kubernetes quantities."""

from __future__ import annotations

import re

_FORM = re.compile(r"([+-]?[0-9.]+(?:[eE][-+]?[0-9]+)?)(m|[kMGTPE]|[KMGTPE]i)?")
_FACTORS = {
    "": 1.0,
    "m": 1e-3,
    "k": 1e3,
    "Ki": 2.0**10,
    **{unit: 1000.0**i for i, unit in enumerate("MGTPE", 2)},
    **{f"{unit}i": 1024.0**i for i, unit in enumerate("MGTPE", 2)},
}


def quantity(text: object) -> float | None:
    """Parse a quantity such as ``500m``, ``2Gi`` or ``1e3``; None if invalid."""
    found = _FORM.fullmatch(str(text).strip())
    if found is None:
        return None
    try:
        return float(found[1]) * _FACTORS[found[2] or ""]
    except ValueError:
        return None
