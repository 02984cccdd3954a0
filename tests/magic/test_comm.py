"""What a front end sees of a run in a real kernel: the comm's protocol, parents, interrupts, kills."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
import uuid
from contextlib import closing, contextmanager

import pytest
from jupyter_client.manager import KernelManager

from hrlab.magic.display import COMM_TARGET
from hrlab.render.mime import RUN_MIME
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

pytestmark = pytest.mark.kernel
SECONDS = 60


class Kernel:
    """A kernel and its front end, as far as this needs one."""

    def __init__(self, manager, client):
        self.manager = manager
        self.client = client

    def request(self, code, **metadata):
        message = self.client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "user_expressions": {},
                "allow_stdin": False,
                "stop_on_error": True,
            },
            metadata=metadata,
        )
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def messages(self, request):
        """Messages of the request until it is done, with when they arrived."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") != request:
                continue
            yield time.monotonic(), message
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
        raise TimeoutError

    def run(self, code, **metadata):
        return list(self.messages(self.request(code, **metadata)))

    def run_until(self, file, enough, code, **metadata):
        """Run code that lasts until the file exists, which it does once its messages are enough."""
        seen = []
        for message in self.messages(self.request(code, **metadata)):
            seen.append(message)
            if enough(seen):
                file.touch()
        return seen


@contextmanager
def kernel():
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        made = Kernel(manager, client)
        made.run("%load_ext hrlab")
        yield made
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One kernel for the tests that leave it as it was."""
    before = os.environ.get("HRLAB_STORE")
    os.environ["HRLAB_STORE"] = str(tmp_path_factory.mktemp("store") / "runs.sqlite")
    try:
        with kernel() as made:
            yield made
    finally:
        os.environ.pop("HRLAB_STORE")
        if before is not None:
            os.environ["HRLAB_STORE"] = before


def of(messages, kind):
    return [message["content"] for _, message in messages if message["msg_type"] == kind]


def waiting(file):
    """Code that lasts until the file exists."""
    return f"import os, time\nwhile not os.path.exists({str(file)!r}): time.sleep(0.01)"


def records(messages):
    return [
        content["data"][RUN_MIME]
        for content in of(messages, "display_data")
        if RUN_MIME in content["data"]
    ]


def asked(index=0, count=1, run_id=None, **more):
    return {"run_id": run_id or uuid.uuid4().hex, "index": index, "count": count, **more}


def test_progress_arrives_while_the_cell_runs_at_most_once_a_second(shared, tmp_path):
    messages = shared.run_until(
        tmp_path / "go",
        lambda seen: len(of(seen, "comm_msg")) == 3,
        f"%%hrtime slow\n{waiting(tmp_path / 'go')}",
        cellId="the-cell",
    )
    (opened,) = of(messages, "comm_open")
    (closed,) = of(messages, "comm_close")
    (record,) = records(messages)
    assert opened["target_name"] == COMM_TARGET
    assert opened["data"] == {
        "run_id": record["id"],
        "name": "slow",
        "cell_id": "the-cell",
        "code": None,
        "started_at": record["started_at"],
        "usual_seconds": None,
        "index": None,
        "count": None,
        "notebook": None,
    }
    progress = [
        (at, message["content"]["data"])
        for at, message in messages
        if message["msg_type"] == "comm_msg"
    ]
    assert len(progress) >= 3
    elapsed = [data["elapsed_seconds"] for _, data in progress]
    assert elapsed == sorted(elapsed)
    assert all(b - a >= 0.95 for a, b in itertools.pairwise(elapsed))
    for _, data in progress:
        assert set(data) - set(opened["data"]) == {
            *("elapsed_seconds", "phase", "phases"),
            *("tasks", "workers", "threads"),
        }
        # A page that was reloaded meanwhile has not heard of the opening.
        assert {name: data[name] for name in opened["data"]} == opened["data"]
        assert data["cell_id"] == "the-cell"
        assert data["phase"] == "pre"
        assert data["tasks"] == {"done": 0, "all": 0}
        assert sum(data["phases"].values()) == pytest.approx(data["elapsed_seconds"])
    assert closed["data"] == {
        "run_id": record["id"],
        "status": "ok",
        "wall_seconds": record["wall_seconds"],
        "cell_id": "the-cell",
    }
    assert {
        content["comm_id"]
        for kind in ("comm_open", "comm_msg", "comm_close")
        for content in of(messages, kind)
    } == {f"{COMM_TARGET}:{record['id']}"}


def test_a_cell_without_an_id_is_known_by_its_code(shared, tmp_path):
    go = tmp_path / "go"
    code = f"%%hrtime\n{waiting(go)}\n" + "#" * 2000
    messages = shared.run_until(go, lambda seen: of(seen, "comm_msg"), code)
    (opened,) = of(messages, "comm_open")
    assert opened["data"]["cell_id"] is None
    assert opened["data"]["code"] == code[:1000]
    assert of(messages, "comm_msg")[0]["data"]["code"] == code[:1000]


def test_progress_tells_of_tasks_and_workers(shared, tmp_path):
    go = tmp_path / "go"

    def is_counted(seen):
        told = [one["data"] for one in of(seen, "comm_msg")]
        return sum(one["tasks"]["done"] == 2 for one in told) >= 2

    shared.run(
        "from distributed import Client\n"
        "client = Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None)"
    )
    try:
        messages = shared.run_until(
            go,
            is_counted,
            f"%%hrtime\ndef task(x):\n    if x < 2: return\n    {waiting(go).replace(chr(10), chr(10) + '    ')}\n"
            "client.gather(client.map(task, range(4), pure=False))",
            cellId="c",
        )
    finally:
        shared.run("client.close()")
    progress = [
        content["data"]
        for content in of(messages, "comm_msg")
        if content["data"]["tasks"] == {"done": 2, "all": 4}
    ]
    assert len(progress) >= 2
    assert {data["phase"] for data in progress} == {"dask"}
    assert (progress[-1]["workers"], progress[-1]["threads"]) == (1, 1)
    assert progress[-1]["phases"]["dask_seconds"] > 0.9  # since the first of them
    (record,) = records(messages)
    assert sum(loop["tasks"] for loop in record["loops"]) == 4


def test_order_is_open_display_close(shared):
    messages = shared.run("%%hrtime\n41 + 1", cellId="c")
    order = [
        message["msg_type"]
        for _, message in messages
        if message["msg_type"] not in ("status", "execute_input")
    ]
    assert order == ["comm_open", "execute_result", "display_data", "comm_close"]


def test_the_second_run_of_the_same_code_knows_how_long_it_usually_takes(shared):
    code = "sum(range(1234))"
    (first,) = records(shared.run(f"%%hrtime\n{code}", cellId="a"))
    again = shared.run(code, cellId="b", hrlab=asked(name="by button"))
    (opened,) = of(again, "comm_open")
    assert opened["data"]["usual_seconds"] == pytest.approx(first["wall_seconds"])
    assert opened["data"]["name"] == "by button"
    assert opened["data"]["cell_id"] == "b"


def test_a_group_has_one_comm_that_says_which_cell_runs(shared, tmp_path):
    run_id, go = uuid.uuid4().hex, tmp_path / "go"
    cells = ["x = 1", waiting(go), "y = 2"]
    seen = [
        shared.run_until(
            go,
            lambda seen: of(seen, "comm_msg"),
            code,
            cellId=f"cell-{i}",
            hrlab=asked(i, 3, run_id, notebook="a.ipynb"),
        )
        for i, code in enumerate(cells)
    ]
    (opened,) = of(seen[0], "comm_open")
    assert opened["data"]["run_id"] == run_id
    assert (opened["data"]["index"], opened["data"]["count"]) == (0, 3)
    assert opened["data"]["notebook"] == "a.ipynb"
    assert opened["data"]["usual_seconds"] is None
    assert {content["data"]["cell_id"] for content in of(seen[1], "comm_msg")} == {"cell-1"}
    assert [len(records(messages)) for messages in seen] == [0, 0, 1]
    (closed,) = of(seen[2], "comm_close")
    assert (closed["comm_id"], closed["data"]["cell_id"]) == (opened["comm_id"], "cell-2")
    (record,) = records(seen[2])
    assert record["source"]["kind"] == "cells"
    assert record["source"]["notebook"] == "a.ipynb"


def test_a_quiet_run_says_nothing(shared):
    messages = shared.run("%%hrtime --quiet\n1")
    assert {message["msg_type"] for _, message in messages} == {
        "status",
        "execute_input",
        "execute_result",
    }


def test_silent_requests_are_not_timed(shared):
    message = shared.client.session.msg(
        "execute_request",
        {"code": "%%hrtime\n1", "silent": True, "store_history": False},
        metadata={"hrlab": asked()},
    )
    shared.client.shell_channel.send(message)
    messages = list(shared.messages(message["header"]["msg_id"]))
    assert of(messages, "comm_open") == records(messages) == []


@pytest.mark.parametrize(
    "wait",
    # ipykernel 7 wakes no `await` that sleeps: an untimed cell waits as long.
    ["time.sleep(3600)", "for _ in range(36000): await asyncio.sleep(0.1)"],
    ids=["in code", "in await"],
)
def test_an_interrupt_ends_the_cell_and_keeps_the_run(shared, wait):
    request = shared.request(f"%%hrtime i\nimport asyncio, time\nprint('on')\n{wait}")
    messages = []
    for at, message in shared.messages(request):
        messages.append((at, message))
        if message["msg_type"] == "stream":
            time.sleep(0.1)
            shared.manager.interrupt_kernel()
    assert len(of(messages, "error")) == 1
    (record,) = records(messages)
    assert record["status"] == "interrupted"
    assert 0.1 < record["wall_seconds"] < 3600
    (closed,) = of(messages, "comm_close")
    assert closed["data"]["status"] == "interrupted"
    assert records(shared.run("%%hrtime after\n1"))[0]["status"] == "ok"


@pytest.mark.slow
def test_a_kernel_killed_at_any_instant_loses_no_run(store_of_the_test):
    began = set()
    instants = random.Random(4)
    for _ in range(3):
        with kernel() as made:
            request = made.request(
                "for i in range(1000):\n"
                "    get_ipython().run_cell_magic('hrtime', '--quiet', "
                "'import hrlab.kernel; print(hrlab.kernel.timing().active.id, flush=True)')"
            )
            stop = None
            for at, message in made.messages(request):
                if message["msg_type"] == "stream":
                    began.update(message["content"]["text"].split())
                    stop = stop or at + instants.uniform(0.1, 0.6)
                if stop is not None and at > stop:
                    break
            os.kill(made.manager.provisioner.pid, signal.SIGKILL)
    with closing(RunStore.open(store_of_the_test)) as store:
        store.mark_interrupted()
        found = {}
        while len(found) < store.page(RunQuery()).total:
            page = store.page(RunQuery(offset=len(found), limit=200))
            found.update({run.id: run.status for run in page.runs})
    assert began
    assert {run for run in began if run not in found} == set()
    assert set(found.values()) <= {"ok", "interrupted"}
