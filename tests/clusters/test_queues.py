"""Clusters whose workers are jobs: a real Slurm from Debian, and HTCondor's commands without its daemons."""

from __future__ import annotations

import os
import signal
import time

import pytest
from distributed import Client

from hrlab.model.cluster import Target
from tests.clusters import queues
from tests.clusters.queues import jobs
from tests.clusters.side import marked, profile

#: Queues take their time, and the oldest and the newest Python make no difference to them.
pytestmark = pytest.mark.slow


def host_of(mark):
    """Its process, once it has detached from whoever started it."""
    hosts = []

    def alone():
        hosts[:] = [pid for pid, command in marked(mark).items() if "process/host.py" in command]
        return len(hosts) == 1

    queues.wait_for(alone)
    return hosts[0]


def test_slurm_computes_and_closing_leaves_an_empty_queue(slurm, side):
    side.create(of=slurm, workers=2)
    side.until(lambda: side.get().workers.ready == 2)
    assert set(jobs("%j")) == {"hrlab-test-1"}
    with Client(side.get().scheduler_address) as client:
        assert all(client.run(in_job).values())
    side.close()
    queues.wait_for(lambda: not jobs("%i"))


def in_job():
    return os.environ.get("SLURM_JOB_ID")


def test_slurm_says_what_pending_jobs_wait_for(slurm, side):
    side.create(of=slurm, workers=queues.CPUS + 2)
    side.until(lambda: side.get().workers.ready == queues.CPUS)
    side.until(lambda: " of 4 jobs pending (Resources)" in side.get().steps[-1].detail)
    assert side.get().steps[-1].detail.startswith("2 of 4 workers: ")
    side(side.kind.scale("test-1", Target(workers=1)))
    side.until(lambda: side.get().steps[-1].detail == "1 of 1 workers")


def test_slurm_refusing_a_job_is_the_reason(slurm, side):
    arguments = {**slurm.template["arguments"], "queue": "nothere"}
    side.create(of=profile({**slurm.template, "arguments": arguments}))
    side.until(lambda: side.get().state == "failed")
    assert "invalid partition specified: nothere" in side.get().reason
    assert "sbatch /" not in side.get().reason


def test_slurm_jobs_that_never_run_end_the_start(slurm, side):
    big = {**slurm.template["arguments"], "cores": queues.CPUS + 2, "job_cpu": queues.CPUS + 2}
    refused = profile({**slurm.template, "arguments": big}, start_timeout_seconds=15)
    side.create(of=refused)
    side.until(lambda: side.get().state == "failed", seconds=60)
    assert not jobs("%i")


@pytest.mark.parametrize("moment", [0.3, 1.0, 1.5, 2.0, 4.0])
def test_slurm_jobs_of_a_killed_host_are_cancelled(slurm, side, nothing_is_left, moment):
    side.create(of=slurm, workers=queues.CPUS + 1)
    side.until(lambda: [c for c in marked(nothing_is_left).values() if "process/host.py" in c])
    time.sleep(moment)
    os.kill(host_of(nothing_is_left), signal.SIGKILL)
    side.until(lambda: side.get().state == "failed")
    queues.wait_for(lambda: not jobs("%i"), 30)


def test_condor_computes_scales_and_closes(condor, side):
    side.create(of=condor, workers=2)
    side.until(lambda: side.get().workers.ready == 2)
    with Client(side.get().scheduler_address) as client:
        assert sum(client.gather(client.map(abs, range(-5, 5)))) == 25
    side(side.kind.scale("test-1", Target(workers=1)))
    side.until(lambda: side.get().workers.ready == 1)
    side.close()


def test_condor_adapts(condor, side):
    side.create(of=condor, minimum=0, maximum=2)
    assert side.wait("ready").workers.ready == 0
    with Client(side.get().scheduler_address) as client:
        assert client.submit(abs, -3).result(30) == 3
    side.until(lambda: side.get().workers.asked == 0, seconds=30)


def test_condor_says_why_jobs_are_held(condor, side, monkeypatch):
    monkeypatch.setenv("FAKE_CONDOR_HOLD", "memory usage, exceeded request_memory")
    side.create(of=condor, workers=2)
    side.until(lambda: "held" in side.get().steps[-1].detail)
    held = "0 of 2 workers: 2 of 2 jobs held (memory usage, exceeded request_memory)"
    assert side.get().steps[-1].detail == held
    assert side.get().state == "starting"


def test_condor_says_that_jobs_are_idle_and_the_time_limit_names_it(condor, side, monkeypatch):
    monkeypatch.setenv("FAKE_CONDOR_SLOTS", "0")
    # Enough for a look at the queue on a busy machine, too: the host takes one every 5 s.
    side.create(of=profile(condor.template, start_timeout_seconds=20), workers=2)
    side.until(lambda: side.get().state == "failed")
    assert side.get().reason == "Not ready after 20 s: 0 of 2 workers: 2 of 2 jobs idle."


def test_condor_refusing_a_job_is_the_reason(condor, side, monkeypatch):
    monkeypatch.setenv("FAKE_CONDOR_REFUSE", "ERROR: your account is locked")
    side.create(of=condor)
    side.until(lambda: side.get().state == "failed")
    assert side.get().reason == "ERROR: your account is locked"


@pytest.mark.parametrize("moment", [0.3, 1.0, 1.5, 2.0])
def test_condor_jobs_of_a_killed_host_are_removed(
    side, condor, nothing_is_left, moment, monkeypatch
):
    monkeypatch.setenv("FAKE_CONDOR_SLOTS", "1")
    side.create(of=condor, workers=3)
    side.until(lambda: [c for c in marked(nothing_is_left).values() if "process/host.py" in c])
    time.sleep(moment)
    os.kill(host_of(nothing_is_left), signal.SIGKILL)
    side.until(lambda: side.get().state == "failed")


def test_secrets_of_the_environment_do_not_reach_jobs(condor, side, monkeypatch):
    monkeypatch.setenv("ACCESS_TOKEN", "secret")
    side.create(of=condor, workers=1)
    side.until(lambda: side.get().workers.ready == 1)
    with Client(side.get().scheduler_address) as client:
        assert set(client.run(token).values()) == {None}
    side.close()


def token():
    return os.environ.get("ACCESS_TOKEN")
