"""Batch systems: what their commands say, read as it is."""

from __future__ import annotations

import pytest

from hrlab.quota.sources.base import QuotaError
from hrlab.quota.sources.batch import BatchQuotas, Jobs, condor_jobs, slurm_jobs, slurm_limits


def test_lines_of_squeue_are_counted():
    assert slurm_jobs("RUNNING|2\nPENDING|4\nRUNNING|1\nodd\n") == Jobs(2, 1, 3)
    assert slurm_jobs("") == Jobs(0, 0, 0)


def test_the_tightest_limit_of_an_account_and_the_most_generous_account_count():
    head = "GrpTRES|MaxTRES|MaxJobs|MaxSubmit|GrpJobs|GrpSubmit\n"
    assert slurm_limits(f"{head}cpu=64,mem=9|cpu=32|10|100||\n") == {"jobs": 10, "cores": 32}
    assert slurm_limits(f"{head}cpu=64||10|||\ncpu=128||20|||\n") == {"jobs": 20, "cores": 128}
    assert slurm_limits(f"{head}cpu=64|||||\n|||||\n") == {
        "jobs": "unlimited",
        "cores": "unlimited",
    }
    assert slurm_limits(head) == {}
    assert slurm_limits("") == {}


def test_lines_of_condor_q_are_counted():
    assert condor_jobs("2, 4\n1, 4\n5, 1\n2, undefined\n") == Jobs(2, 2, 4)


async def test_a_system_whose_commands_are_missing_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("hrlab.quota.sources.batch._PATH", str(tmp_path))
    source = BatchQuotas({"Slurm": ["slurm"]}, "alice", lambda: 0.0)
    with pytest.raises(QuotaError, match="squeue is not installed on the Jupyter server's machine"):
        await source.quotas()


async def test_a_command_that_fails_or_hangs_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("hrlab.quota.sources.batch.COMMAND_SECONDS", 0.2)
    program = tmp_path / "squeue"
    source = BatchQuotas({"Slurm": ["slurm"]}, "alice", lambda: 0.0)
    for script, words in (
        ("echo no controller >&2; exit 1", "no controller"),
        ("exec sleep 60", "0.2 s"),
    ):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        with pytest.raises(QuotaError, match=words):
            await source.quotas()
