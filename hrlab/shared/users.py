"""Name and groups of the user, from Jupyter or the hub."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Mapping

USER, GROUPS = "JUPYTERHUB_USER", "JUPYTERHUB_GROUPS"


def user_name(environ: Mapping[str, str]) -> str:
    """Return the user's name at the hub, or else that of the account."""
    if environ.get(USER):
        return environ[USER]
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in many containers
        return "user"


def groups_of(
    user: str,
    environ: Mapping[str, str],
    ask: Callable[[str], Iterable[str]] | None,
) -> frozenset[str]:
    """Return the groups of `user`: the result of `ask`, else ``JUPYTERHUB_GROUPS``, separated by commas."""
    names = environ.get(GROUPS, "").split(",") if ask is None else ask(user)
    return frozenset(name.strip() for name in names if name.strip())
