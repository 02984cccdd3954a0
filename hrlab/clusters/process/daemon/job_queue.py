"""Batch system of a cluster: state of pending jobs, and commands to cancel them. Part of the cluster host."""

from __future__ import annotations

import asyncio
import getpass
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

log = logging.getLogger("hrlab.host")


class Queue:
    """Jobs of a dask-jobqueue cluster: their state, and commands to cancel them."""

    def __init__(self, cluster: Any, name: str, arguments: dict[str, Any]) -> None:
        self.cluster = cluster
        self.command = getattr(getattr(cluster, "job_cls", None), "submit_command", None)
        self.cancel = getattr(getattr(cluster, "job_cls", None), "cancel_command", None)
        self.name = name
        self.arguments = arguments

    @property
    def jobs(self) -> list[str]:
        """Ids of the submitted jobs."""
        made = self.cluster.workers.values() if self.command else ()
        return [str(job.job_id) for job in made if getattr(job, "job_id", None)]

    @property
    def cleanup(self) -> list[list[str]]:
        """Commands that cancel all jobs, to be run when the host is found dead."""
        if hasattr(self.cluster, "gateway"):  # not a batch system, but work elsewhere as well
            script = str(Path(__file__).with_name("stop_gateway.py"))
            return [[sys.executable, script, self.cluster.name, json.dumps(self.arguments)]]
        commands = [[*self.cancel.split(), *self.jobs]] if self.cancel and self.jobs else []
        if self.command == "sbatch":
            commands.append(["scancel", "--user", getpass.getuser(), "--name", self.name])
        elif self.command == "condor_submit":
            pattern = f'regexp("^{self.name}-[0-9]+$", JobBatchName)'
            commands.append(["condor_rm", "-constraint", pattern])
        return commands

    async def says(self) -> str:
        """Return what jobs wait for, in the queue's own words; empty if unknown."""
        jobs = self.jobs
        if not jobs:
            return ""
        if self.command == "sbatch":
            lines = await output(
                "squeue", "--noheader", "--format=%i|%T|%r", "--jobs", ",".join(jobs)
            )
            return self._told(
                jobs, [line.split("|", 2) for line in lines], ("RUNNING", "COMPLETING")
            )
        if self.command == "condor_submit":
            lines = await output("condor_q", *jobs, "-af:,", "ClusterId", "JobStatus", "HoldReason")
            states = {"1": "idle", "2": "running", "5": "held"}
            rows = [[part.strip() for part in line.split(",", 2)] for line in lines]
            return self._told(
                jobs, [[row[0], states.get(row[1], "?"), row[2]] for row in rows], ("running",)
            )
        return ""

    def _told(self, jobs: list[str], rows: list[list[str]], running: tuple[str, ...]) -> str:
        waiting: dict[str, int] = {}
        for _, state, reason in rows:
            if state not in running:
                words = state.lower() + (
                    "" if reason in ("", "None", "undefined") else f" ({reason})"
                )
                waiting[words] = waiting.get(words, 0) + 1
        said = [f"{count} of {len(jobs)} jobs {words}" for words, count in waiting.items()]
        if len(rows) < len(jobs):
            said.append(f"{len(jobs) - len(rows)} of {len(jobs)} jobs no longer in the queue")
        return ", ".join(said)


async def output(*command: str) -> list[str]:
    """Return the output lines of a command; empty if it fails."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        log.warning("%s: %s", command[0], error)
        return []
    text, errors = await process.communicate()
    if process.returncode:
        log.warning("%s: %s", command[0], errors.decode(errors="replace").strip())
    return text.decode(errors="replace").splitlines()
