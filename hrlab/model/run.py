"""The record of a run: what was observed, with units and versions, as in version 1 of the wire format.

A record holds facts; shares, rates and speed-ups are computed from it. Times inside a record are seconds from the
start of the run, on the kernel's monotonic clock and on the run's own time axis: the time of its cells, in order,
without the idle time between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from hrlab.model.errors import InvalidRecordError
from hrlab.model.resources import Resources, check_resources
from hrlab.model.wire import OMIT_NONE, decode, encode

SCHEMA_VERSION = 1
#: Ten years. Beyond, a number is an error, and its nanoseconds no longer a whole number.
LONGEST_SECONDS = 10 * 365.25 * 86400.0
#: UTC epoch seconds of the year 2200: databases count nanoseconds in 63 bits, which end in 2262.
LATEST_START = 7_258_118_400.0
#: Longest name and note that people may give a run, most labels, and the longest of these, its key included.
MAX_NAME_CHARACTERS, MAX_NOTE_CHARACTERS = 500, 20_000
MAX_LABELS, MAX_LABEL_CHARACTERS = 100, 500

Status: TypeAlias = Literal["running", "ok", "failed", "interrupted"]
Phase: TypeAlias = Literal["pre", "dask", "between", "post"]
DeclaredPhase: TypeAlias = Literal["pre", "dask", "post"]
Stage: TypeAlias = Literal["submit", "wait", "compute", "gather"]
Approach: TypeAlias = Literal["serial", "processes", "local", "distributed"]
SourceKind: TypeAlias = Literal["cell", "cells", "block", "notebook", "import"]


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a run failed: class name and text of the user's exception."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Phases:
    """Shares of the wall time in seconds; they add up to it, to the nanosecond."""

    pre_seconds: float
    dask_seconds: float
    between_seconds: float
    post_seconds: float


@dataclass(frozen=True, slots=True)
class Stages:
    """Shares of one loop in seconds; they add up to its length, to the nanosecond."""

    submit_seconds: float
    wait_seconds: float
    compute_seconds: float
    gather_seconds: float


@dataclass(frozen=True, slots=True)
class Loop:
    """A maximal stretch in which work that the run handed to Dask is unfinished or its results are on their way.

    Attributes
    ----------
    cluster
        Index into `Run.clusters` of the cluster whose work began the loop; None for a loop declared by a mark.
    client
        Dask's id of the client whose work began the loop; None for a declared loop.
    tasks, failed_tasks
        Tasks that came into being on the schedulers in this loop, and those that ended in an error.
    left_unfinished
        Tasks that were neither done nor failed when the run ended.
    stage_intervals
        ``[stage, start_seconds, stop_seconds]``, in order; at most 500 in a run, then merged, with a warning.
    """

    start_seconds: float
    stop_seconds: float
    cluster: int | None
    client: str | None
    tasks: int
    failed_tasks: int
    left_unfinished: int
    stages: Stages
    stage_intervals: tuple[tuple[Stage, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch that the user named; with a phase, it also declares which block that time belongs to."""

    label: str
    phase: DeclaredPhase | None
    start_seconds: float
    stop_seconds: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A notebook cell of the run, with its place on the run's time axis.

    `started_at` is in UTC epoch seconds of the kernel's clock, because idle time between cells is not on that axis; absent
    for the first cell, which begins with the run.
    """

    cell_id: str | None
    execution_count: int | None
    start_seconds: float
    stop_seconds: float
    started_at: float | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks of one Dask task prefix: how many, thread seconds of execution, the longest, and the size of their results.

    `median_seconds` is of their executions, to within 10 % (they are counted by length, not kept); absent if unknown.
    `longest_later_seconds` is the longest without the first execution of the group in each thread of a worker, which may
    load and compile code; absent if unknown or if there were only such.
    """

    name: str
    tasks: int
    failed_tasks: int
    compute_seconds: float
    longest_seconds: float
    output_bytes: int
    median_seconds: float | None = field(default=None, metadata=OMIT_NONE)
    longest_later_seconds: float | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True)
class Clock:
    """Scheduler's clock minus the kernel's, in seconds, and half the round trip in which it was measured."""

    offset_seconds: float
    uncertainty_seconds: float


@dataclass(frozen=True, slots=True)
class Workers:
    """Workers while the run was on: most at once, average over the run, most threads, and each change.

    `history` is of ``[seconds, workers, threads]``. `lost` counts those whose connection broke while they
    had tasks; absent if unknown. `occupied_until_seconds`: until then all threads had tasks that were there before the run;
    absent if they had not.
    """

    peak: int
    time_average: float
    threads_peak: int
    history: tuple[tuple[float, int, int], ...] = ()
    lost: int | None = field(default=None, metadata=OMIT_NONE)
    occupied_until_seconds: float | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask cluster that the run used. `memory_bytes` is the sum of its workers' limits at their largest; 0 if unknown.

    A cluster that hrlab made has its `id` and its `profile`, and the `name` that it was made with. One that others made has
    an `id` where `hrlab.connect` was used; else the `name` is that of its object in the kernel, or the scheduler's address.

    `hosts` are those in the addresses of the workers that executed the run's tasks, at most 64; absent if unknown.
    """

    name: str
    scheduler_address: str | None
    dask_version: str | None
    memory_bytes: int
    clock: Clock | None
    workers: Workers
    id: str | None = field(default=None, metadata=OMIT_NONE)
    profile: str | None = field(default=None, metadata=OMIT_NONE)
    hosts: tuple[str, ...] | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True)
class Input:
    """What was read, as the user says."""

    name: str
    bytes: int | None = field(default=None, metadata=OMIT_NONE)
    digest: str | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True)
class CampaignPoint:
    """Place of the run in a campaign."""

    id: str
    point: str


@dataclass(frozen=True, slots=True)
class Environment:
    """Versions and place of the kernel. `hostname` and `user` stay out of the copy in the notebook."""

    python: str | None = None
    hrlab: str | None = None
    dask: str | None = None
    distributed: str | None = None
    platform: str | None = None
    hostname: str | None = field(default=None, metadata=OMIT_NONE)
    image: str | None = field(default=None, metadata=OMIT_NONE)
    user: str | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True)
class Source:
    """What was run. `code_sha256` is of the source as :func:`hrlab.model.source.normalised` gives it."""

    kind: SourceKind
    code: str | None = None
    code_sha256: str | None = None
    notebook: str | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True)
class RunWarning:
    """Something the reader must know to trust the numbers. `code` is stable, `message` is for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """One timed execution: a cell, a group of cells, a block, or a notebook run head-less.

    Attributes
    ----------
    id
        uuid4, 32 hexadecimal digits.
    started_at
        UTC epoch seconds of the kernel's clock.
    wall_seconds
        Length of the run on its own time axis; so far, while it is running.
    phases
        None if only the wall time is known: imported, interrupted, or still running.
    idle_dask_seconds
        Dask work of the run that went on between its cells; not part of the wall time.
    activities
        Thread seconds summed over workers, by Dask's own names (``compute``, ``transfer``, ``disk-read``, ...).
    coverage
        Share of finished tasks whose execution times were seen: 1.0 = every one.
    cold
        Whether a worker that had not worked before executed tasks of it: of a fresh cluster, restarted, or come since.
        None if unknown or without a cluster.
    processes
        Most child processes of the kernel that worked at the same time (multiprocessing, joblib's loky); absent if none did.
    alone
        Whether no other client's tasks were seen meanwhile; None if unknown or without a cluster.
    other_pods
        How many workers of other clusters, pods in Kubernetes, ran meanwhile on the nodes of this run's workers, at least.
        Noted by the Jupyter server once the run has ended; absent if it saw none, or could not look.
    resources
        Hardware use over time; absent if nothing was sampled.
    """

    id: str
    name: str
    status: Status
    started_at: float
    wall_seconds: float
    schema_version: int = SCHEMA_VERSION
    error: RunError | None = None
    phases: Phases | None = None
    loops: tuple[Loop, ...] = ()
    marks: tuple[Mark, ...] = ()
    cells: tuple[Cell, ...] = ()
    idle_dask_seconds: float = 0.0
    groups: tuple[Group, ...] = ()
    activities: Mapping[str, float] = field(default_factory=dict)
    coverage: float = 1.0
    clusters: tuple[Cluster, ...] = ()
    approach: Approach = "serial"
    labels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    workload: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    cold: bool | None = None
    processes: int | None = field(default=None, metadata=OMIT_NONE)
    alone: bool | None = None
    other_pods: int | None = field(default=None, metadata=OMIT_NONE)
    campaign: CampaignPoint | None = None
    environment: Environment = Environment()
    source: Source = Source(kind="import")
    warnings: tuple[RunWarning, ...] = ()
    resources: Resources | None = field(default=None, metadata=OMIT_NONE)

    @classmethod
    def from_dict(cls, data: object) -> Run:
        """The run that a JSON object describes (any schema version ever released).

        Raises
        ------
        InvalidRecordError
            If a field is missing or mistyped, the version is newer than this hrlab, or the books do not balance.
        """
        version = data.get("schema_version") if isinstance(data, Mapping) else None
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise InvalidRecordError(
                f"The record has schema version {version}; this hrlab reads up to {SCHEMA_VERSION}. "
                "Update hrlab to read it.",
                schema_version=version,
            )
        run = decode(cls, data)
        check(run)
        return run

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON values, field by field as in the wire format."""
        encoded: dict[str, Any] = encode(self)
        return encoded

    @property
    def tasks(self) -> int:
        """Tasks of all loops."""
        return sum(loop.tasks for loop in self.loops)

    @property
    def failed_tasks(self) -> int:
        """Failed tasks of all loops."""
        return sum(loop.failed_tasks for loop in self.loops)

    @property
    def was_alone(self) -> bool | None:
        """Whether nobody else's work was seen: other clients' tasks on the cluster, or other clusters on its nodes."""
        return False if self.other_pods else self.alone

    @property
    def workers_peak(self) -> int:
        """Workers at their most, summed over the clusters used."""
        return sum(cluster.workers.peak for cluster in self.clusters)

    @property
    def threads_peak(self) -> int:
        """Worker threads at their most, summed over the clusters used."""
        return sum(cluster.workers.threads_peak for cluster in self.clusters)


def nanoseconds(seconds: float) -> int:
    """Whole nanoseconds: the unit in which the books balance."""
    return round(min(max(seconds, -LONGEST_SECONDS), LONGEST_SECONDS) * 1e9)


def check(run: Run) -> None:
    """Verify that the books balance.

    Raises
    ------
    InvalidRecordError
        If phases do not add up to the wall time, stages not to their loop, loops not to the dask phase,
        loops overlap or leave the run, or series of hardware use are not as long as they say.
    """
    if len(run.id) != 32 or set(run.id) - set("0123456789abcdef"):
        raise InvalidRecordError(
            f"The id of a run is 32 hexadecimal digits (uuid4), not {run.id[:40]!r}.",
            path="record.id",
        )
    if not 0 <= run.wall_seconds <= LONGEST_SECONDS:
        raise InvalidRecordError(
            f"wall_seconds must be from 0 to {LONGEST_SECONDS:g}, not {run.wall_seconds}.",
            path="record.wall_seconds",
        )
    if run.resources is not None:
        check_resources(run.resources, len(run.clusters))
    if run.phases is None:
        return
    phases = run.phases
    parts = (phases.pre_seconds, phases.dask_seconds, phases.between_seconds, phases.post_seconds)
    _balance("phases", parts, nanoseconds(run.wall_seconds), "the wall time")
    lengths = [
        nanoseconds(loop.stop_seconds) - nanoseconds(loop.start_seconds) for loop in run.loops
    ]
    if sum(lengths) != nanoseconds(phases.dask_seconds):
        raise InvalidRecordError(
            f"loops add up to {sum(lengths)} ns, but the dask phase is {phases.dask_seconds} s.",
            path="record.loops",
        )
    edge = 0
    for i, (loop, length) in enumerate(zip(run.loops, lengths, strict=True)):
        if nanoseconds(loop.start_seconds) < edge:
            raise InvalidRecordError(
                f"loop {i} begins at {loop.start_seconds} s, before {edge} ns.",
                path=f"record.loops[{i}]",
            )
        edge = nanoseconds(loop.stop_seconds)
        stages = loop.stages
        parts = (
            stages.submit_seconds,
            stages.wait_seconds,
            stages.compute_seconds,
            stages.gather_seconds,
        )
        _balance(f"stages of loop {i}", parts, length, "the loop")
    if edge > nanoseconds(run.wall_seconds):
        raise InvalidRecordError(
            f"The last loop ends at {edge} ns, after the run ({run.wall_seconds} s).",
            path="record.loops",
        )


def _balance(what: str, parts: tuple[float, ...], whole: int, whole_name: str) -> None:
    if any(part < 0 for part in parts):
        raise InvalidRecordError(f"{what} contain a negative time: {parts}.", path="record")
    if sum(nanoseconds(part) for part in parts) != whole:
        raise InvalidRecordError(
            f"{what} add up to {sum(parts)} s, but {whole_name} is {whole / 1e9} s.", path="record"
        )
