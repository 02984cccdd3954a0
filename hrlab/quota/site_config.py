"""Site configuration for commands that run without the Jupyter server: from a file, or from the server's."""

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

#: Base names of the configuration files that the Jupyter server reads; later ones win.
CONFIGURATION = ("jupyter_config", "jupyter_server_config", "jupyter_hrlab_config")


@dataclass(frozen=True, slots=True)
class Site:
    """Profiles this user may use, and the limits that apply."""

    profiles: Profiles
    limits: SiteLimits
    secret_variables: Sequence[str] | None = None


def site_of(file: Path | None, log: Logger) -> Site:
    """Return the site configuration from `file`, or else from the Jupyter server's configuration.

    Limits in the server's configuration apply in addition to those in `file`, except where names collide. With
    nothing configured, only the built-in profile ``local`` exists.

    Raises
    ------
    UsageError
        If a profile in `file` is invalid. Other invalid entries are logged.
    """
    from hrlab.clusters.cgroup import machine_cores, machine_memory_bytes

    settings = server_configuration(log)
    configured = {} if file else _mapping(settings.get("profiles"))
    named = str(settings.get("profiles_file") or "")
    path = file or (Path(named).expanduser() if named else None)
    is_bare = not configured and path is None
    default = local_profile(machine_cores(), machine_memory_bytes()) if is_bare else {}
    found = load_profiles(configured, path, default)
    if file and found.broken:
        raise UsageError(" ".join(f"{one.name}: {one.reason}" for one in found.broken))
    user = user_name(os.environ)
    groups = groups_of(user, os.environ, settings.get("groups"))
    own = load_limits({}, path, found.usable)
    more = load_limits(_mapping(settings.get("quotas")), None, found.usable)
    # Like the server, its traits win over its profiles file; a file given explicitly wins over both.
    first, second = (own, more) if file else (more, own)
    names = {one.name for one in first.usable}
    usable = (*first.usable, *(one for one in second.usable if one.name not in names))
    for reason in (*(one.reason for one in found.broken), *own.broken, *more.broken):
        log.warning("hrlab: %s", reason)
    limits = SiteLimits(usable, (*own.broken, *more.broken)).of(user, groups)
    return Site(found.of(groups), limits, settings.get("secret_variables"))


def server_configuration(log: Logger) -> Mapping[str, Any]:
    """Return section ``HRLab`` of the Jupyter server's configuration files.

    Options that a hub passes to the server on the command line are not included.
    """
    from jupyter_core.application import JupyterApp
    from traitlets.config import Application

    app = JupyterApp(log=log)
    for name in CONFIGURATION:
        Application.load_config_file(app, name, path=app.config_file_paths)
    section: Mapping[str, Any] = app.config.get("HRLab", {})
    return section


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return the value of a mapping trait; ``c.HRLab.quotas.update(...)`` makes it a lazy value."""
    get_value = getattr(value, "get_value", None)
    found = value if get_value is None else get_value({})
    return dict(found) if isinstance(found, Mapping) else {}
