"""Which of the Jupyter server's clusters a scheduler belongs to.

The scheduler itself knows: the cluster host tells it, and in Kubernetes its environment does, as Dask's configuration
``hrlab.cluster``. Of a cluster that others made only the Jupyter server knows: `hrlab.connect` notes it on the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from hrlab.model.cluster import ID

#: Name of the attribute of a scheduler or of a client that says it.
ATTRIBUTE = "hrlab_cluster"
#: A longer name or profile is not one that hrlab gave.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class ClusterIdentity:
    """Id, name and profile of a cluster; the id is the server's own, the name is what it had when it was made."""

    id: str
    name: str
    profile: str | None


def identity_of(told: object) -> ClusterIdentity | None:
    """The identity that a mapping with `id`, `name` and `profile` tells; None if it is none of hrlab's."""
    if not isinstance(told, Mapping):
        return None
    found, name, profile = told.get("id"), told.get("name"), told.get("profile")
    if not isinstance(found, str) or not ID.fullmatch(found):
        return None
    return ClusterIdentity(
        found, name if _is_text(name) else found, profile if _is_text(profile) else None
    )


def note(client: Any, cluster: Mapping[str, Any]) -> None:
    """Note on a client which cluster it is connected to."""
    setattr(client, ATTRIBUTE, identity_of(cluster))


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.isprintable() and 1 <= len(value) <= LONGEST
