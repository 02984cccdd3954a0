"""Cluster profiles declared by a site's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from hrlab.model.options import Option, Value
from hrlab.model.shape import Node
from hrlab.model.wire import OMIT_NONE

Kind: TypeAlias = Literal["kubernetes", "process", "address"]

#: Options that hrlab uses itself, for limits and scaling; others only fill the template.
WORKERS, MINIMUM, MAXIMUM, CORES, MEMORY = "workers", "minimum", "maximum", "cores", "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Delivered to every worker, including those that join later.

    Attributes
    ----------
    files
        Local source path -> path on the worker; mode 0600, sent again when the source changes.
    environment
        Environment variables.
    setup
        ``package.module:function``, called once in every worker.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    setup: str | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one cluster of a profile (``clusters``: number of clusters per user); None: no limit."""

    workers: int | None = field(default=None, metadata=OMIT_NONE)
    cores: float | None = field(default=None, metadata=OMIT_NONE)
    memory_bytes: int | None = field(default=None, metadata=OMIT_NONE)
    clusters: int | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A cluster profile.

    Attributes
    ----------
    template
        Definition of the cluster, by `kind`; see :mod:`hrlab.model.template` for placeholders.
    idle_seconds
        Idle timeout; None: never.
    start_timeout_seconds
        A start that takes longer is aborted and cleaned up.
    groups
        Groups that may use it; None: everybody.
    packages
        Packages whose versions are compared between kernel and workers, besides Python, dask and distributed.
    node
        Machines that workers run on, used for recommendations; None: unknown.
    presets
        Option values to fill in with one click, by displayed name.
    """

    name: str
    kind: Kind
    template: Mapping[str, Any]
    label: str = ""
    description: str = ""
    site: str | None = field(default=None, metadata=OMIT_NONE)
    idle_seconds: float | None = field(default=None, metadata=OMIT_NONE)
    start_timeout_seconds: float = 300.0
    options: Mapping[str, Option] = field(default_factory=dict)
    deliver: Deliver = field(default_factory=Deliver)
    limits: Limits = field(default_factory=Limits)
    groups: tuple[str, ...] | None = field(default=None, metadata=OMIT_NONE)
    packages: tuple[str, ...] = ()
    node: Node | None = field(default=None, metadata=OMIT_NONE)
    presets: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenProfile:
    """An invalid profile: its name, and the reason with the line of the file."""

    name: str
    reason: str
