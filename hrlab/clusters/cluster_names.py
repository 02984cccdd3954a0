"""Names of clusters: what people read, and ids that nothing else has."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Collection

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_RANDOM = 6
#: An id is at most 53 long (:data:`hrlab.model.cluster.ID`), of which a dash and the random end take some.
_LONGEST = 53 - _RANDOM - 1


def free_name(profile: str, taken: Collection[str]) -> str:
    """``zee``, ``zee-2``, ``zee-3``, ...: the first that no cluster has."""
    name, number = profile, 2
    while name in taken:
        name, number = f"{profile}-{number}", number + 1
    return name


def new_id(name: str, choose: Callable[[str], str] = secrets.choice) -> str:
    """An id that tells its name; begins with a letter, because services of Kubernetes must."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not plain[:1].isalpha():
        plain = f"c-{plain}"
    random = "".join(choose(_LETTERS) for _ in range(_RANDOM))
    return f"{plain[:_LONGEST].strip('-')}-{random}"
