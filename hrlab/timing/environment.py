"""Facts about this process: versions, place, user. From what is loaded already; nothing is imported for them."""

from __future__ import annotations

import contextlib
import functools
import getpass
import os
import platform
import socket
import sys
from importlib import metadata
from pathlib import Path

from hrlab.model.run import Environment

#: Set by hrlab's server extension for its kernels: the folder that paths of notebooks start from.
ROOT_VARIABLE = "HRLAB_ROOT"
#: Variables in which sites name the image that a pod runs, first one wins.
IMAGE_VARIABLES = ("HRLAB_IMAGE", "JUPYTER_IMAGE", "JUPYTER_IMAGE_SPEC")


def environment() -> Environment:
    """Versions and place of this process."""
    return Environment(
        python=platform.python_version(),
        hrlab=_version("hrlab"),
        dask=_loaded("dask"),
        distributed=_loaded("distributed"),
        platform=_platform(),
        hostname=socket.gethostname(),
        image=next((os.environ[name] for name in IMAGE_VARIABLES if os.environ.get(name)), None),
        user=user(),
    )


def notebook() -> str | None:
    """Path of the notebook that this kernel was started for, from the server's root; None if it is not known.

    Jupyter Server tells kernels the file of their session, and hrlab's server extension its root.
    """
    session = Path(os.environ.get("JPY_SESSION_NAME", ""))
    if session.suffix != ".ipynb":
        return None  # a console, or no server
    root = os.environ.get(ROOT_VARIABLE)
    if root and session.is_relative_to(root):
        return session.relative_to(root).as_posix()
    return session.name


def user() -> str | None:
    """The hub's user, or else the system's."""
    hub = os.environ.get("JUPYTERHUB_USER")
    if hub:
        return hub
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


def is_local(host: str) -> bool:
    """Whether `host`, a name or address as Dask gives it, is this machine."""
    return host in _own_names() or host.startswith("127.")


@functools.cache
def _own_names() -> frozenset[str]:
    names = {"localhost", "::1", "inproc", "", socket.gethostname()}
    for target in (
        ("10.255.255.255", 1),
        ("8.8.8.8", 80),
    ):  # no packet is sent: the system only picks the interface
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(target)
                names.add(probe.getsockname()[0])
            except OSError:
                continue
    with contextlib.suppress(OSError):
        found = socket.getaddrinfo(socket.gethostname(), None)
        names.update(item[4][0] for item in found if isinstance(item[4][0], str))
    return frozenset(names)


@functools.cache
def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _loaded(name: str) -> str | None:
    return getattr(sys.modules.get(name), "__version__", None)


@functools.cache
def _platform() -> str:
    return f"{platform.system()}-{platform.release()}-{platform.machine()}"
