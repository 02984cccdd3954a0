"""What a site has configured, for commands without its Jupyter server: from a file, or that server's configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from logging import Logger
from pathlib import Path
from typing import Any

from hrlab.clusters.profiles.default import local_profile
from hrlab.clusters.profiles.load import Profiles, load_profiles
from hrlab.model.errors import UsageError
from hrlab.quota.site_limits import SiteLimits, load_limits
from hrlab.shared.users import groups_of, user_name

#: Files in Jupyter's directories of configuration that the server reads, without their suffix; later ones win.
CONFIGURATION = ("jupyter_config", "jupyter_server_config", "jupyter_hrlab_config")


@dataclass(frozen=True, slots=True)
class Site:
    """What this user may create, and the limits that are for this user."""

    profiles: Profiles
    limits: SiteLimits
    secret_variables: Sequence[str] | None = None


def site_of(file: Path | None, log: Logger) -> Site:
    """The site as `file` describes it; without one, as the configuration of the Jupyter server does.

    Limits of that configuration hold beside those of `file`, unless they have the same name. Where nothing is configured
    there is the profile that is always there, ``local``.

    Raises
    ------
    UsageError
        If a profile in `file` is broken. What else is broken is logged.
    """
    from hrlab.clusters.cgroup import machine_cores, machine_memory_bytes

    told = server_configuration(log)
    configured = {} if file else _mapping(told.get("profiles"))
    named = str(told.get("profiles_file") or "")
    path = file or (Path(named).expanduser() if named else None)
    is_bare = not configured and path is None
    default = local_profile(machine_cores(), machine_memory_bytes()) if is_bare else {}
    found = load_profiles(configured, path, default)
    if file and found.broken:
        raise UsageError(" ".join(f"{one.name}: {one.reason}" for one in found.broken))
    user = user_name(os.environ)
    groups = groups_of(user, os.environ, told.get("groups"))
    own = load_limits({}, path, found.usable)
    more = load_limits(_mapping(told.get("quotas")), None, found.usable)
    # As the server has it, its own word wins; a file that somebody names speaks for itself.
    first, second = (own, more) if file else (more, own)
    names = {one.name for one in first.usable}
    usable = (*first.usable, *(one for one in second.usable if one.name not in names))
    for reason in (*(one.reason for one in found.broken), *own.broken, *more.broken):
        log.warning("hrlab: %s", reason)
    limits = SiteLimits(usable, (*own.broken, *more.broken)).of(user, groups)
    return Site(found.of(groups), limits, told.get("secret_variables"))


def server_configuration(log: Logger) -> Mapping[str, Any]:
    """The section ``HRLab`` of the files that configure the Jupyter server.

    What the server was told on its command line, as some hubs do, is not among it.
    """
    from jupyter_core.application import JupyterApp
    from traitlets.config import Application

    app = JupyterApp(log=log)
    for name in CONFIGURATION:
        Application.load_config_file(app, name, path=app.config_file_paths)
    section: Mapping[str, Any] = app.config.get("HRLab", {})
    return section


def _mapping(value: Any) -> Mapping[str, Any]:
    """The value of a trait that is a mapping; ``c.HRLab.quotas.update(...)`` makes a lazy one."""
    get_value = getattr(value, "get_value", None)
    found = value if get_value is None else get_value({})
    return dict(found) if isinstance(found, Mapping) else {}
