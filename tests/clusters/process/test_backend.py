"""The life of a cluster host, with a real LocalCluster."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import stat
import time
from pathlib import Path

import pytest
from distributed import Client

from hrlab.clusters.process import host_client
from hrlab.clusters.process.backend import ProcessClusters
from hrlab.model.cluster import Target
from hrlab.model.errors import BackendError, ConflictError, NotFoundError
from hrlab.model.profile import Deliver
from tests.clusters.side import LOCAL, Side, marked, plan, process_side, profile


def test_answers_at_once_and_says_what_it_waits_for(side):
    cluster = side.create(workers=2)
    assert cluster.state == "starting"
    # It answered before there was anything to tell.
    assert "done" not in {step.state for step in cluster.steps}
    assert [step.name for step in cluster.steps] == ["host", "scheduler", "workers"]
    ready = side.wait("ready")
    side.until(lambda: side.get().workers.ready == 2)
    ready = side.get()
    assert {step.state for step in ready.steps} == {"done"}
    assert (ready.workers.asked, ready.cores, ready.owner) == (2, 2, "alice")
    assert ready.memory_bytes == 800_000_000
    assert ready.dashboard_path == "hrlab/dashboard/test-1"
    assert ready.versions["python"]
    assert ready.versions["distributed"]
    assert "test-1" in side.told


def test_computes_and_counts_unfinished_tasks(side):
    side.create()
    address = side.wait("ready").scheduler_address
    with Client(address) as client:
        future = client.submit(time.sleep, 2)
        side.until(lambda: side.get().tasks == 1)
        client.gather(future)
    side.until(lambda: side.get().tasks == 0)


def test_scheduler_and_dashboard_listen_on_loopback(side):
    side.create()
    assert side.wait("ready").scheduler_address.startswith("tcp://127.0.0.1:")
    assert side.kind.dashboard_url("test-1").startswith("http://127.0.0.1:")


def test_socket_and_files_are_their_owners(side, runtime):
    side.create()
    side.wait("ready")
    directory = runtime / "hrlab-clusters" / "test-1"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert modes == dict.fromkeys(["cluster.json", "status.json", "socket", "host.log"], 0o600)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(directory.parent.stat().st_mode) == 0o700


def test_scales_adapts_and_gives_logs(side):
    side.create()
    side.wait("ready")
    side(side.kind.scale("test-1", Target(workers=2)))
    side.until(lambda: side.get().workers.ready == 2)
    side(side.kind.scale("test-1", Target(minimum=0, maximum=3)))
    side.until(lambda: side.get().workers.maximum == 3)
    side(side.kind.scale("test-1", Target(workers=1)))
    side.until(lambda: (side.get().workers.ready, side.get().workers.maximum) == (1, None))
    logs = side(side.kind.logs("test-1"))
    assert {"host", "scheduler"} < set(logs)
    assert "Scheduler at" in logs["scheduler"]


def test_is_found_again_after_a_restart_and_by_a_second_server(side, runtime):
    side.create()
    address = side.wait("ready").scheduler_address
    other = process_side(runtime)
    try:
        assert other.get().state == "ready"
        assert other.get().scheduler_address == address
        other(other.kind.close("test-1"))
        side.until(lambda: side.get() is None)
        side.create("test-2")
        other.until(lambda: other.get("test-2") is not None)
    finally:
        other.stop()


def test_a_start_can_be_cancelled_at_any_moment(side, nothing_is_left):
    for number in range(8):
        name = f"test-{number}"
        side.create(name)
        time.sleep(number * 0.15)
        side.close(name)
    assert not side.kind.clusters()


def test_closes_when_idle_and_extend_begins_the_time_anew(side):
    side.create(of=profile(idle_seconds=8))
    before = side.wait("ready").idle_stop_at
    time.sleep(1)
    side(side.kind.extend("test-1"))
    side.until(lambda: side.get().idle_stop_at > before + 0.9)
    side.until(lambda: side.get() is None)
    assert time.time() > before + 0.9


def test_is_not_idle_while_tasks_run(side):
    side.create(of=profile(idle_seconds=6))
    with Client(side.wait("ready").scheduler_address) as client:
        assert client.submit(lambda: time.sleep(8) or 7).result() == 7
        side.until(lambda: side.get().idle_stop_at is not None)
        assert side.get().idle_stop_at > time.time()
    side.until(lambda: side.get() is None)


def test_ends_when_the_cluster_is_shut_down_from_a_notebook(side):
    side.create()
    Client(side.wait("ready").scheduler_address).shutdown()
    side.until(lambda: side.get() is None, seconds=20)


def test_sigterm_closes(side, nothing_is_left):
    side.create()
    side.wait("ready")
    (host,) = [pid for pid, command in marked(nothing_is_left).items() if "host.py" in command]
    os.kill(host, signal.SIGTERM)
    side.until(lambda: side.get() is None)


def test_a_host_that_dies_is_failed_with_the_end_of_its_log(side, nothing_is_left):
    side.create()
    side.wait("ready")
    (host,) = [pid for pid, command in marked(nothing_is_left).items() if "host.py" in command]
    os.kill(host, signal.SIGKILL)
    side.until(lambda: side.get().state == "failed")
    assert "ended unexpectedly. Its log" in side.get().reason
    assert side.get().dashboard_path is None
    side.close()


def host_of(mark):
    (host,) = [pid for pid, command in marked(mark).items() if "host.py" in command]
    return host


def test_a_cluster_outlives_a_full_disk_and_its_status_is_written_later(
    side, runtime, nothing_is_left, monkeypatch
):
    monkeypatch.setattr("hrlab.clusters.process.launcher.BEAT_SECONDS", 0.2)
    directory = runtime / "hrlab-clusters" / "test-1"
    side.create(workers=2)
    address = side.wait("ready").scheduler_address
    side.until(lambda: side.get().workers.ready == 2)
    host = host_of(nothing_is_left)
    before = resource.prlimit(host, resource.RLIMIT_FSIZE)
    resource.prlimit(host, resource.RLIMIT_FSIZE, (0, before[1]))  # every write to a file fails
    side(side.kind.scale("test-1", Target(workers=1)))
    side.until(lambda: side.get().workers.ready == 1)
    with Client(address) as client:
        assert client.submit(sum, [3, 4]).result() == 7
    assert {path.name for path in directory.iterdir()} == {
        "cluster.json",
        "status.json",
        "socket",
        "host.log",
    }
    resource.prlimit(host, resource.RLIMIT_FSIZE, before)
    status = directory / "status.json"
    side.until(lambda: json.loads(status.read_text())["workers"]["ready"] == 1)
    assert side.get().state == "ready"


def test_a_host_that_hangs_is_unreachable_until_it_goes_on(side, nothing_is_left, monkeypatch):
    assert host_client.ALIVE_SECONDS + host_client.HANGS_SECONDS < 10
    assert host_client.ANSWER_SECONDS <= 5
    monkeypatch.setattr(host_client, "ALIVE_SECONDS", 0.1)
    side.create()
    side.wait("ready")
    monkeypatch.setattr(host_client, "HANGS_SECONDS", 0.5)
    monkeypatch.setattr(host_client, "ANSWER_SECONDS", 0.5)
    # As long as no test lasts: nobody has as much patience with a host that shows no sign of life.
    monkeypatch.setattr(host_client, "PATIENCE_SECONDS", 3600.0)
    host = host_of(nothing_is_left)
    os.kill(host, signal.SIGSTOP)
    side.until(lambda: side.get().state == "unreachable")
    assert "does not respond" in side.get().reason
    assert set(side(side.kind.logs("test-1"))) == {"host"}
    with pytest.raises(BackendError, match="did not respond"):
        side(side.kind.scale("test-1", Target(workers=2)))
    os.kill(host, signal.SIGCONT)
    side.until(lambda: side.get().state == "ready")
    assert side.get().reason == ""


def test_closing_a_host_that_hangs_answers_and_goes_on(side, nothing_is_left, monkeypatch):
    monkeypatch.setattr(host_client, "ANSWER_SECONDS", 2.0)
    monkeypatch.setattr(host_client, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr("hrlab.clusters.process.launcher.TERMINATE_SECONDS", 0.5)
    side.create()
    side.wait("ready")
    os.kill(host_of(nothing_is_left), signal.SIGSTOP)
    side(side.kind.close("test-1"))
    assert side.get().state == "closing"  # answered while it still goes on
    side.until(lambda: side.get() is None)


def test_a_host_that_works_on_an_answer_for_long_does_not_hang(side, monkeypatch):
    monkeypatch.setattr(host_client, "ALIVE_SECONDS", 0.1)
    side.create()
    side.wait("ready")

    async def answers():
        reader = asyncio.StreamReader()
        asyncio.get_running_loop().call_later(6, reader.feed_data, b"late\n")
        return await side.kind._hosts["test-1"]._answer(reader)

    monkeypatch.setattr(host_client, "ANSWER_SECONDS", 5.0)
    assert side(answers()) == b"late\n"
    assert side.get().state == "ready"


def test_a_class_that_is_not_there_is_the_reason(side):
    side.create(of=profile({"class": "nothere.Cluster"}))
    side.until(lambda: side.get().state == "failed")
    assert side.get().reason == "ModuleNotFoundError: No module named 'nothere'"
    assert side.get().steps[0].state == "failed"


def test_arguments_that_the_class_refuses_are_the_reason(side):
    side.create(of=profile({"class": "distributed.LocalCluster", "arguments": {"protocol": "no"}}))
    side.until(lambda: side.get().state == "failed")
    assert "no" in side.get().reason


def test_a_start_that_takes_too_long_is_given_up(side):
    slow = {
        "class": "distributed.LocalCluster",
        "arguments": {"preload": ["import time; time.sleep(60)"]},
    }
    side.create(of=profile(slow, start_timeout_seconds=4))
    side.until(lambda: side.get().state == "failed", seconds=40)
    assert side.get().reason == "Not ready after 4 s: 0 of 1 workers."


def test_a_python_that_cannot_be_started_is_the_reason(side):
    side.create(python="/nothere/python")
    side.until(lambda: side.get().state == "failed")
    assert "Cannot start the kernel's Python, /nothere/python:" in side.get().reason


def test_refusals(side):
    with pytest.raises(BackendError, match="needs the Python of a kernel"):
        side(side.kind.create(plan(python=None)))
    with pytest.raises(BackendError, match="'cores'"):
        side.create(of=profile({**LOCAL, "arguments": {"n": "{cores}"}}))
    with pytest.raises(NotFoundError):
        side(side.kind.close("test-1"))
    side.create()
    with pytest.raises(ConflictError):
        side.create()


HIDDEN = (
    "JUPYTERHUB_API_TOKEN",
    "ACCESS_TOKEN",
    "IAM_CLIENT_SECRET",
    "db_password",
    "HRLAB_INFLUX_TOKEN",
    "HRLAB_HOST_METRICS_TOKEN",
)


def test_secrets_stay_with_the_server(side, nothing_is_left, monkeypatch):
    for name in (*HIDDEN, "SITE_DIRECTORY"):
        monkeypatch.setenv(name, "a-secret-value")
    side.create()
    with Client(side.wait("ready").scheduler_address) as client:
        assert [client.submit(variable, name).result() for name in HIDDEN] == [None] * len(HIDDEN)
        assert client.submit(variable, "SITE_DIRECTORY").result() == "a-secret-value"
    for pid in marked(nothing_is_left):
        names = {
            line.partition(b"=")[0].decode()
            for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        }
        assert not names & set(HIDDEN)


def test_a_site_says_what_else_is_secret(runtime, nothing_is_left, monkeypatch):
    monkeypatch.setenv("SITE_KEY", "secret")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    side = Side(ProcessClusters(runtime, "alice", ["*_KEY"]))
    try:
        side.create()
        with Client(side.wait("ready").scheduler_address) as client:
            assert client.submit(variable, "SITE_KEY").result() is None
            assert client.submit(variable, "TOKENIZERS_PARALLELISM").result() == "true"
        side.close()
    finally:
        side.stop()


def variable(name):
    return os.environ.get(name)


def on_worker(client, name):
    """What each worker has in the file."""
    return set(client.run(lambda: Path(os.path.expandvars(name)).read_text()).values())


def test_delivers_to_workers_that_join_late_and_again_when_new(side, tmp_path, monkeypatch):
    source, there = tmp_path / "proxy", tmp_path / "worker"
    source.write_text("first")
    setup = tmp_path / "setting_up.py"
    setup.write_text(
        "import os\ndef up():\n    os.environ['UP'] = os.environ.get('UP', '') + 'x'\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("hrlab.clusters.process.launcher.BEAT_SECONDS", 0.2)
    deliver = Deliver(
        files={str(source): "$THERE/proxy"},
        environment={"THERE": str(there)},
        setup="setting_up:up",
    )
    side.create(of=profile(deliver=deliver))
    with Client(side.wait("ready").scheduler_address) as client:
        assert on_worker(client, "$THERE/proxy") == {"first"}
        assert stat.S_IMODE((there / "proxy").stat().st_mode) == 0o600
        source.write_text("second")
        side.until(lambda: on_worker(client, "$THERE/proxy") == {"second"})
        (there / "proxy").unlink()
        side(side.kind.scale("test-1", Target(workers=2)))
        client.wait_for_workers(2)
        assert on_worker(client, "$THERE/proxy") == {"second"}
        assert set(client.run(variable, "UP").values()) == {"x"}


def test_a_file_to_deliver_that_is_missing_is_the_reason(side):
    side.create(of=profile(deliver=Deliver(files={"/nothere/proxy": "proxy"})))
    side.until(lambda: side.get().state == "failed")
    assert side.get().reason == "Cannot deliver /nothere/proxy: No such file or directory."


def test_a_setup_that_raises_is_the_reason(side):
    side.create(of=profile(deliver=Deliver(setup="nothere:up")))
    side.until(lambda: side.get().state == "failed")
    assert "nothere" in side.get().reason
