"""Profiles: the kinds of cluster that a site offers, as its configuration declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from hrlab.model.options import Option, Value
from hrlab.model.shape import Node
from hrlab.model.wire import OMIT_NONE

Kind: TypeAlias = Literal["kubernetes", "process", "address"]

#: Options that hrlab itself understands, for limits and scaling; others only fill the template.
WORKERS, MINIMUM, MAXIMUM, CORES, MEMORY = "workers", "minimum", "maximum", "cores", "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """What every worker gets, those that join late too.

    Attributes
    ----------
    files
        Source path of this machine -> path on the worker; kept 0600, sent again when the source changes.
    environment
        Variables.
    setup
        ``package.module:function``, called once in every worker.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    setup: str | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Most that one cluster of a profile may have (``clusters``: how many of them one user may); None: no limit."""

    workers: int | None = field(default=None, metadata=OMIT_NONE)
    cores: float | None = field(default=None, metadata=OMIT_NONE)
    memory_bytes: int | None = field(default=None, metadata=OMIT_NONE)
    clusters: int | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What may be created.

    Attributes
    ----------
    template
        How it is built, by `kind`; see :mod:`hrlab.model.template` for the places that options fill.
    idle_seconds
        A cluster without work for so long is closed; None: never.
    start_timeout_seconds
        A start that takes longer is given up, and leaves nothing behind.
    groups
        Who may use it; None: everybody.
    packages
        Whose versions are compared between kernel and workers, beside Python's, dask's and distributed's.
    node
        The machines on which workers run, so that advice fits them; None: unknown.
    presets
        Choices of options to fill in with one click, by the name that users read.
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
    """A profile that can't be used: its name and why, with the line of the file."""

    name: str
    reason: str
