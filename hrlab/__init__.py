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

    Inside another run, the block becomes a mark (a named interval) of that run.

    Parameters
    ----------
    name
        Name of the run.
    labels
        Labels to group and search runs by.
    workload
        Amounts of processed data by name: ``{"events": 5000}``; rates are derived from them.
    note
        Free text, stored with the run.
    approach
        Where the work is executed; derived from the run by default.
    inputs
        Input files: ``[{"name": "events.root", "bytes": 3825194}]``.
    quiet
        Display nothing in a notebook.

    Raises
    ------
    hrlab.model.errors.UsageError
        If a value is invalid.
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
    """Name an interval of the active run: ``with hrlab.phase("stage-out"): ...``.

    Declaring a phase makes the event loop of a serial baseline comparable to the dask phase of other runs. Dask work in
    the interval always counts as ``dask``, and the record then has a warning. Without an active run, nothing is recorded.

    Parameters
    ----------
    label
        Name of the interval. The labels ``pre``, ``dask`` and ``post`` also declare that phase.
    phase
        Phase to declare under another label.

    Raises
    ------
    hrlab.model.errors.UsageError
        If `phase` is not a known phase.
    """
    from hrlab.kernel import named_phase

    return named_phase(label, phase)


def last_run() -> Run | None:
    """Return the record of the last run that ended in this process, or None."""
    from hrlab.kernel import timing

    return timing().last


def connect(
    name_or_id: str | None = None, *, timeout_seconds: float = 60.0, others: bool = False
) -> Client:
    """Connect to a cluster of the panel and return its ``distributed.Client``.

    Warns if the versions of Python, dask, distributed or the packages named by the cluster's profile differ from this
    kernel's. In a campaign (``jupyter hrlab sweep``), connects to the cluster of the current point, whatever is named.

    Parameters
    ----------
    name_or_id
        Name or id as shown on the cluster's card; optional if there is only one candidate. Names refer to your own
        clusters only.
    timeout_seconds
        How long to wait for a cluster that is starting.
    others
        Allow the full id of another user's cluster, whose owner can then run code in this kernel. Warns in that case.

    Raises
    ------
    hrlab.model.errors.UsageError
        If no cluster or several match, if it belongs to another user, or if no Jupyter server is found.
    hrlab.model.errors.BackendError
        If the cluster failed or does not respond in time.
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
    """Recommend a cluster size for the next run, from earlier runs of the same code.

    Uses the Jupyter server that started this kernel, which knows the profiles and quotas. Without a server, the
    recommendation is computed here from the store, which requires scipy. At most one goal may be given; the default is
    the fastest cluster.

    Parameters
    ----------
    runs
        Runs whose history to use: records, ids, prefixes of ids or ``"last"``. Without `runs`, `name` and `code_sha256`:
        the last run of this process, else the newest stored run.
    name, code_sha256
        Instead of `runs`: all runs with this name, or of this code.
    finish_within_seconds
        Goal: the smallest cluster that finishes in this time.
    efficiency
        Goal: the largest cluster with at least this efficiency (0 to 1).
    core_hours
        Goal: the fastest cluster within this many core hours.
    profile, options
        Profile of the cluster and values of its options; other options keep the profile's defaults.
    workload
        Amounts that the next run processes, if different from the newest run: ``{"events": 1e6}``.

    Raises
    ------
    hrlab.model.errors.NotFoundError
        If a run or the profile does not exist.
    hrlab.model.errors.InvalidRequestError
        If a goal is invalid, or the runs do not suffice for a recommendation.
    hrlab.model.errors.UsageError
        If there is neither a Jupyter server nor scipy.
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
    """Return the stored runs, newest first, as a table and sequence of records. Needs no server.

    ``.records`` holds the complete records; ``.to_pandas()`` returns a data frame if pandas is installed.

    Parameters
    ----------
    text
        Words that must all occur in the name, note, notebook or labels, ignoring case.
    notebook
        Path of the notebook, exact match.
    labels
        Labels that the run must all have.
    status
        Status of the run.
    since
        Earliest start: seconds since 1970 (UTC), a datetime, or text such as ``"2026-11-21"``.
    limit, offset
        Maximum number of runs to return (None: all), and number of runs to skip.

    Raises
    ------
    hrlab.model.errors.UsageError
        If a value is invalid.
    hrlab.model.errors.StoreError
        If the store is unavailable.
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
    """Compare runs: the tables and charts of the panel's comparison, in a notebook. Needs no server.

    Parameters
    ----------
    runs
        Records, ids, prefixes of ids, ``"last"``, or a result of :func:`runs`. Without `runs`, `like` and `previous`:
        all successful runs of the code that ran last.
    like
        Compare the newest 200 successful runs of the same code as this run.
    previous
        Compare this run with the previous successful run of the same code.
    by
        Group by ``approach``, ``threads``, ``workers``, ``run``, ``label:<name>`` or ``workload:<name>``; by default the
        first in which the runs differ.
    baseline
        Key of the group whose speed-up is 1; by default serial runs, else the fewest threads, else the oldest run.
    over
        Unit of the efficiency; by default threads, or workers if runs are grouped by workers.
    since
        Origin of the time axis of the hardware charts of two runs: ``start``, or ``loop`` for the first dask loop.

    Raises
    ------
    hrlab.model.errors.HrlabError
        If a run does not exist, the runs cannot be grouped by `by`, or fewer than two succeeded.
    """
    from hrlab.api.runs import compare as compared

    asked = {"by": by, "baseline": baseline, "over": over, "since": since}
    return compared(runs, {**asked, "like": like, "previous": previous})


def quotas() -> ShownQuotas:
    """Return your quotas: limits and usage from every source, and how old the values are.

    Displayed as a table; ``quotas``, ``sources`` and ``to_dict()`` have the values, in cores and bytes.

    Raises
    ------
    hrlab.model.errors.UsageError
        If no Jupyter server is found.
    hrlab.model.errors.BackendError
        If the server does not respond.
    """
    from hrlab.api.quotas import asked_quotas

    return asked_quotas()


def load_ipython_extension(shell: Any) -> None:
    """Implement ``%load_ext hrlab``."""
    from hrlab.kernel import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Implement ``%unload_ext hrlab``."""
    from hrlab.kernel import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "hrlab"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from hrlab.server.app import HRLab

    return [{"module": "hrlab.server.app", "app": HRLab}]
