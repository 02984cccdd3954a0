"""Who the user is, and in which groups, as Jupyter or the hub say."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Mapping

USER, GROUPS = "JUPYTERHUB_USER", "JUPYTERHUB_GROUPS"


def user_name(environ: Mapping[str, str]) -> str:
    """The hub's name of the user; without a hub the account's."""
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
    """Groups of `user`: those that `ask` answers, else those of ``JUPYTERHUB_GROUPS``, separated by commas."""
    names = environ.get(GROUPS, "").split(",") if ask is None else ask(user)
    return frozenset(name.strip() for name in names if name.strip())
