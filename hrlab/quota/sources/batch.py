"""Jobs and limits of the user in Slurm and HTCondor, read with their command-line tools."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hrlab.model.quota import UNKNOWN, UNLIMITED, Amount, Quota, quota
from hrlab.quota.sources.base import QuotaError
from hrlab.quota.sources.threads import in_own_thread

COMMAND_SECONDS = 4.0
SLURM = "Slurm"
#: Directory of commands that is often missing from the `PATH` of users.
_PATH = "/usr/sbin"


@dataclass(frozen=True, slots=True)
class Jobs:
    """The user's jobs in a queue."""

    running: int
    pending: int
    cores: float

    @property
    def message(self) -> str:
        """The counts as text."""
        return f"{self.running} running, {self.pending} pending"


class BatchQuotas:
    """Source ``batch``.

    Parameters
    ----------
    systems
        Profile names by batch system (``Slurm``, ``HTCondor``).
    """

    name = "batch"
    fresh_seconds = 30.0

    def __init__(
        self, systems: Mapping[str, Sequence[str]], user: str, clock: Callable[[], float]
    ) -> None:
        self._systems = systems
        self._user = user
        self._clock = clock

    async def quotas(self) -> Sequence[Quota]:
        """Return jobs and cores in each batch system."""
        return await in_own_thread(
            lambda: [one for name in self._systems for one in self._of(name)]
        )

    def _of(self, system: str) -> Iterator[Quota]:
        jobs, limits = (self._slurm if system == SLURM else self._condor)()
        for resource, used in (("jobs", jobs.running + jobs.pending), ("cores", jobs.cores)):
            yield quota(
                resource,
                "user",
                self.name,
                self._clock(),
                limit=limits.get(resource, UNKNOWN),
                used=used,
                label=f"{system}: {jobs.message}",
                profiles=self._systems[system],
            )

    def _slurm(self) -> tuple[Jobs, Mapping[str, Amount]]:
        queue = _output("squeue", "--noheader", "--user", self._user, "--format=%T|%C")
        fields = "format=GrpTRES,MaxTRES,MaxJobs,MaxSubmit,GrpJobs,GrpSubmit"
        try:
            limits = slurm_limits(
                _output("sacctmgr", "--parsable2", "show", "assoc", f"user={self._user}", fields)
            )
        except QuotaError:  # without an accounting database, Slurm has no per-user limits
            limits = {}
        return slurm_jobs(queue), limits

    def _condor(self) -> tuple[Jobs, Mapping[str, Amount]]:
        queue = _output("condor_q", self._user, "-af:,", "JobStatus", "RequestCpus")
        try:
            most = _output("condor_config_val", "MAX_JOBS_PER_OWNER").strip()
        except QuotaError:
            most = ""
        return condor_jobs(queue), {"jobs": int(most)} if most.isdecimal() else {}


def slurm_jobs(text: str) -> Jobs:
    """Count jobs in ``squeue`` lines of state and CPUs."""
    rows = [line.split("|") for line in text.splitlines() if line.count("|") == 1]
    running = [row for row in rows if row[0].strip() in ("RUNNING", "COMPLETING", "SUSPENDED")]
    return Jobs(len(running), len(rows) - len(running), sum(_number(row[1]) for row in running))


def slurm_limits(text: str) -> dict[str, Amount]:
    """Parse ``sacctmgr`` output: a header, then one line per association. Unlimited where no limit is set."""
    head, *lines = [line.split("|") for line in text.splitlines() if line.strip()] or [[]]
    found: dict[str, Amount] = {}
    for line in lines:
        row = dict(zip(head, line, strict=False))
        jobs = [_number(row[key]) for key in _JOBS if row.get(key, "").strip().isdecimal()]
        cores = [
            _number(number)
            for key in ("GrpTRES", "MaxTRES")
            for number in re.findall(r"(?:^|,)cpu=(\d+)", row.get(key, ""))
        ]
        for resource, numbers in (("jobs", jobs), ("cores", cores)):
            # Users may submit under any of their accounts, so the most generous one counts.
            most: Amount = min(numbers) if numbers else UNLIMITED
            before = found.get(resource)
            found[resource] = most if before is None else _larger(before, most)
    return found


_JOBS = ("MaxJobs", "MaxSubmit", "GrpJobs", "GrpSubmit")


def condor_jobs(text: str) -> Jobs:
    """Count jobs in ``condor_q`` lines of numeric state and cores."""
    rows = [line.split(",") for line in text.splitlines() if line.count(",") == 1]
    states = [row[0].strip() for row in rows]
    cores = sum(_number(row[1]) for row in rows if row[0].strip() == "2")
    return Jobs(states.count("2"), sum(one in ("1", "5") for one in states), cores)


def _larger(one: Amount, other: Amount) -> Amount:
    if isinstance(one, str) or isinstance(other, str):
        return UNLIMITED
    return max(one, other)


def _number(text: str) -> float:
    found = text.strip()
    return float(found) if re.fullmatch(r"\d+(\.\d+)?", found) else 0.0


def _output(*command: str) -> str:
    """Return the output of a command; raise `QuotaError` if it is missing, fails or times out."""
    program = shutil.which(command[0]) or shutil.which(command[0], path=_PATH)
    if program is None:
        raise QuotaError(f"{command[0]} is not installed on the Jupyter server's machine.")
    try:
        done = subprocess.run(  # noqa: S603 - no shell, no user input
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise QuotaError(f"{command[0]} did not respond within {COMMAND_SECONDS:g} s.") from error
    if done.returncode:
        detail = " ".join(done.stderr.split())[:300] or f"exit code {done.returncode}"
        raise QuotaError(f"{command[0]} failed: {detail}")
    return done.stdout
