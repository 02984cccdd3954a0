"""hrlab: time, compare and scale Dask analyses without leaving JupyterLab.

In a notebook: ``%load_ext hrlab``, then ``%%hrtime`` at the top of a cell. In code: :func:`timed`, :func:`phase`,
:func:`last_run`, :func:`connect`, :func:`runs`, :func:`compare`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from distributed import Client

    from hrlab.api.advise import Advised
    from hrlab.api.quotas import ShownQuotas
    from hrlab.api.run_table import RunTable
    from hrlab.api.runs import ShownComparison
    from hrlab.model.run import Run
    from hrlab.timing.contexts import Block

__all__ = ["advise", "compare", "connect", "last_run", "phase", "quotas", "runs", "timed"]


def timed(
    name: str | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    workload: Mapping[str, float] | None = None,
    note: str = "",
    approach: Literal["serial", "processes", "local", "distributed"] | None = None,
    inputs: list[Mapping[str, Any]] | None = None,
    quiet: bool = False,
) -> AbstractContextManager[Block]:
    """Time a block as one run: ``with hrlab.timed("selection") as run: ...``; afterwards ``run.record`` is its record.

    Inside a run that is on already, the block is a mark of that run.

    Parameters
    ----------
    name
        Name of the run.
    labels
        Texts by which runs are grouped and found.
    workload
        What is processed, numbers by name: ``{"events": 5000}``; rates follow from it.
    note
        Kept with the run.
    approach
        Where it runs, if it should not be derived.
    inputs
        What is read: ``[{"name": "events.root", "bytes": 3825194}]``.
    quiet
        Show nothing in a notebook.

    Raises
    ------
    hrlab.model.errors.UsageError
        For impossible values.
    """
    from hrlab.kernel import timed_block
    from hrlab.timing.request import request_of

    request = request_of(
        name,
        labels=labels,
        workload=workload,
        note=note,
        approach=approach,
        inputs=inputs,
        quiet=quiet,
    )
    return timed_block(request)


def phase(
    label: str, phase: Literal["pre", "dask", "post"] | None = None
) -> AbstractContextManager[None]:
    """Name a stretch of the run that is on: ``with hrlab.phase("stage-out"): ...``.

    The labels ``pre``, ``dask`` and ``post`` also declare that phase, so that the event loop of a serial baseline is
    compared like for like; `phase` declares it under another label. Dask work in the stretch counts
    as ``dask`` whatever is declared, and the record warns of it. Without a run nothing is noted.
    """
    from hrlab.kernel import named_phase

    return named_phase(label, phase)


def last_run() -> Run | None:
    """The record of the run that ended last in this process, or None."""
    from hrlab.kernel import timing

    return timing().last


def connect(
    name_or_id: str | None = None, *, timeout_seconds: float = 60.0, others: bool = False
) -> Client:
    """Connect to a cluster of the panel, and return its ``distributed.Client``.

    Warns, with the versions, if Python, dask, distributed or what the cluster's profile names differ from this kernel's.
    In a campaign (``jupyter hrlab sweep``) it is the cluster of the point, whatever is named.

    Parameters
    ----------
    name_or_id
        As on the cluster's card; may be left out if only one cluster can be meant. A name means one of your clusters.
    timeout_seconds
        How long to wait for a cluster that is starting.
    others
        Whether the cluster with that full id may be another user's, who can then run code in this kernel. Warns if it is.

    Raises
    ------
    hrlab.model.errors.UsageError
        If there is no such cluster, or several, if it is another user's, or if there is no Jupyter server to ask.
    hrlab.model.errors.BackendError
        If the cluster failed, or does not answer in time.
    """
    from hrlab.kernel import connected

    return connected(name_or_id, timeout_seconds, others=others)


def advise(
    runs: str | Run | Sequence[str | Run] | None = None,
    *,
    name: str | None = None,
    code_sha256: str | None = None,
    finish_within_seconds: float | None = None,
    efficiency: float | None = None,
    core_hours: float | None = None,
    profile: str | None = None,
    options: Mapping[str, Any] | None = None,
    workload: Mapping[str, float] | None = None,
) -> Advised:
    """How large the cluster for the next run should be, from earlier runs of the same code.

    Asks the Jupyter server that started this kernel, which knows profiles and quotas. Without one it is worked out here
    from the store, which needs scipy. Of the goals at most one may be given; without any it is the fastest.

    Parameters
    ----------
    runs
        Whose history to use: a run, its id, the beginning of it, ``"last"``, or several of them. Without it, `name` and
        `code_sha256`: the run of this process that ended last, else the newest that is kept.
    name, code_sha256
        Instead of `runs`: all runs of that name, or of that code.
    finish_within_seconds, efficiency, core_hours
        The smallest cluster that finishes in time, the largest that is so efficient (0 to 1), the fastest that costs no
        more.
    profile, options
        What may be asked for; the others of the profile's options have their defaults.
    workload
        What the next run processes, if not what the newest did: ``{"events": 1e6}``.

    Raises
    ------
    hrlab.model.errors.NotFoundError
        For runs or a profile that are not there.
    hrlab.model.errors.InvalidRequestError
        For goals that nobody can mean, and runs that do not say enough.
    hrlab.model.errors.UsageError
        If there is neither a Jupyter server to ask nor scipy.
    """
    from hrlab.api.advise import advise as advised

    goals = {
        "finish_within_seconds": finish_within_seconds,
        "efficiency": efficiency,
        "core_hours": core_hours,
    }
    given = {
        "name": name,
        "code_sha256": code_sha256,
        "profile": profile,
        "options": options,
        "workload": workload,
    }
    if runs is None and name is None and code_sha256 is None:
        runs = last_run() or "last"
    goal = {key: value for key, value in goals.items() if value is not None} or {"fastest": True}
    asked = {key: value for key, value in given.items() if value is not None}
    return advised(runs, {**asked, "goal": goal})


def runs(
    text: str = "",
    *,
    notebook: str | None = None,
    labels: Mapping[str, str] | None = None,
    status: Literal["running", "ok", "failed", "interrupted"] | None = None,
    since: float | str | datetime | None = None,
    limit: int | None = 50,
    offset: int = 0,
) -> RunTable:
    """Kept runs, newest first: a table to look at and a sequence of records. Needs no server.

    ``.records`` are the whole records, ``.to_pandas()`` is a data frame if pandas is installed.

    Parameters
    ----------
    text
        Words, all of which occur in the name, note, notebook or labels, in any case.
    notebook
        Exactly this notebook.
    labels
        Labels that the run carries, all of them.
    status
        How the run ended.
    since
        Runs that began then or later: seconds since 1970 (UTC), a datetime, or text such as ``"2026-11-21"``.
    limit, offset
        Most runs to give (None: all), and runs to skip.

    Raises
    ------
    hrlab.model.errors.UsageError
        For impossible values.
    hrlab.model.errors.StoreError
        If the store can't be used.
    """
    from hrlab.api.runs import runs as kept_runs

    return kept_runs(
        text,
        notebook=notebook,
        labels=labels,
        status=status,
        since=since,
        limit=limit,
        offset=offset,
    )


def compare(
    *runs: str | Run | Iterable[str | Run],
    like: str | None = None,
    previous: str | None = None,
    by: str | None = None,
    baseline: str | None = None,
    over: Literal["threads", "workers"] | None = None,
    since: Literal["start", "loop"] | None = None,
) -> ShownComparison:
    """Compare runs: the tables and pictures of the panel's comparison, in a notebook. Needs no server.

    Parameters
    ----------
    runs
        Records, ids, beginnings of ids, ``"last"``, or what :func:`runs` gives. Without any, and without `like` and
        `previous`: all successful runs of the code that ran last.
    like
        All successful runs of this one's code, the newest 200.
    previous
        This run, and the successful one of its code before it.
    by
        By what runs are grouped: ``approach``, ``threads``, ``workers``, ``run``, ``label:<name>`` or
        ``workload:<name>``; by default the first in which they differ.
    baseline
        Key of the group that is 1; by default serial runs, else the fewest threads, else the oldest run.
    over
        What the efficiency counts; by default threads, or workers if runs are grouped by them.
    since
        Where the time axis of two runs' hardware use begins: ``start``, or ``loop`` for the first dask loop.

    Raises
    ------
    hrlab.model.errors.HrlabError
        For runs that are not there, what they can't be grouped by, and fewer than two that succeeded.
    """
    from hrlab.api.runs import compare as compared

    asked = {"by": by, "baseline": baseline, "over": over, "since": since}
    return compared(runs, {**asked, "like": like, "previous": previous})


def quotas() -> ShownQuotas:
    """What you may still use: limits of every source, what is used of them, and how old the figures are.

    Shows itself as a table; ``quotas``, ``sources`` and ``to_dict()`` give the numbers, cores and bytes.

    Raises
    ------
    hrlab.model.errors.UsageError
        If there is no Jupyter server to ask.
    hrlab.model.errors.BackendError
        If it does not answer.
    """
    from hrlab.api.quotas import asked_quotas

    return asked_quotas()


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext hrlab``."""
    from hrlab.kernel import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext hrlab``."""
    from hrlab.kernel import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "hrlab"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from hrlab.server.app import HRLab

    return [{"module": "hrlab.server.app", "app": HRLab}]
