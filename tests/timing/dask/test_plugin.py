"""The plugin on a scheduler that is only pretended: what real clusters show too seldom or too late."""

from __future__ import annotations

import ast
import asyncio
import pickle
import sys
from importlib import resources
from types import SimpleNamespace

import pytest

from hrlab.timing.dask import plugin as module
from hrlab.timing.dask.plugin import RunPlugin
from hrlab.timing.dask.plugin_source import FILES, PluginParcel, module_name
from hrlab.timing.dask.sampler import Sampler
from hrlab.timing.dask.task_counter import Numbers, TaskCounter

RUN, OTHER = "a" * 32, "b" * 32


class FakeScheduler:
    def __init__(self):
        worker = SimpleNamespace(
            nthreads=1, host="127.0.0.1", memory_limit=1, executing={}, processing=set()
        )
        self.tasks, self.workers, self.clients = {}, {"w": worker}, {}
        self.task_prefixes, self.handlers, self.plugins, self.client_comms = {}, {}, {}, {}
        self.computations = [SimpleNamespace(annotations={})]
        self.transition_log = ()

    def get_events(self, topic):
        return ()

    def remove_plugin(self, name):
        del self.plugins[name]

    def task(self, key, state="waiting", tag=None):
        annotations = {} if tag is None else {module.TAG: tag}
        self.tasks[key] = SimpleNamespace(
            key=key,
            state=state,
            annotations=annotations,
            prefix=SimpleNamespace(name="p"),
            who_wants=(),
        )

    def graph(self, plugin, client, keys, tag, submitting_task=None):
        """As `Scheduler._create_taskstate_from_graph` does it, whose frame knows the submitting task."""
        if tag is not None:
            self.computations[-1].annotations[module.TAG] = tag
        plugin.update_graph(self, client=client, tasks=list(keys), keys=set(keys))
        return submitting_task


@pytest.fixture
def scheduler():
    return FakeScheduler()


def with_plugin(scheduler, act):
    async def main():
        plugin = RunPlugin(RUN, ["Client-mine"], TaskCounter(), Numbers(), Sampler(0))
        await plugin.start(scheduler)
        scheduler.plugins[plugin.name] = plugin
        found = act(plugin)
        if asyncio.iscoroutine(found):
            await found
        report = plugin.snapshot()
        if plugin.name in scheduler.plugins:
            plugin.leave()
        await asyncio.sleep(0)
        return report

    return asyncio.run(main())


def test_tag_of_an_earlier_graph_is_not_taken_for_that_of_the_next(scheduler):
    scheduler.task("a")
    scheduler.task("b")

    def act(plugin):
        scheduler.graph(plugin, "Client-mine", ["a"], f"{RUN}:0")
        scheduler.graph(plugin, "Client-mine", ["b"], None)

    report = with_plugin(scheduler, act)
    assert report["tasks"] == 1


def test_graph_that_brings_no_new_task_is_seen(scheduler):
    scheduler.task("old", "memory")

    def act(plugin):
        scheduler.graph(plugin, "Client-mine", ["old"], f"{RUN}:0")
        assert plugin.numbers.missing(2) == [1]

    assert with_plugin(scheduler, act)["tasks"] == 0


def test_graph_of_an_earlier_run_of_the_same_client_is_not_shared_use(scheduler):
    scheduler.task("x")
    report = with_plugin(
        scheduler, lambda p: scheduler.graph(p, "Client-mine", ["x"], f"{OTHER}:4") and None
    )
    assert (report["tasks"], report["shared"]) == (0, False)


def test_graph_of_another_notebooks_run_is_shared_use(scheduler):
    scheduler.task("x")
    report = with_plugin(
        scheduler, lambda p: scheduler.graph(p, "Client-theirs", ["x"], f"{OTHER}:0") and None
    )
    assert (report["tasks"], report["shared"]) == (0, True)


@pytest.mark.parametrize(("parent", "mine"), [("parent", True), ("stranger", False)])
def test_task_that_submits_decides_whose_a_nested_graph_is(scheduler, parent, mine):
    for key in ("parent", "stranger", "child"):
        scheduler.task(key)

    def act(plugin):
        scheduler.graph(plugin, "Client-mine", ["parent"], f"{RUN}:0")
        plugin.resolve()
        scheduler.graph(plugin, "Client-worker-1", ["child"], None, submitting_task=parent)

    report = with_plugin(scheduler, act)
    assert report["tasks"] == (2 if mine else 1)
    assert report["shared"] is not mine
    assert report["inferred"] == 0


def test_nested_graph_of_which_nobody_knows_the_parent_is_inferred_and_said(scheduler):
    for key in ("parent", "child"):
        scheduler.task(key)
    scheduler.workers["w"].processing.add(_Key("parent"))

    def act(plugin):
        scheduler.graph(plugin, "Client-mine", ["parent"], f"{RUN}:0")
        plugin.resolve()
        scheduler.graph(plugin, "Client-worker-1", ["child"], None)

    report = with_plugin(scheduler, act)
    assert (report["tasks"], report["inferred"]) == (2, 1)


class _Key:
    def __init__(self, key):
        self.key = key


def test_tasks_that_were_there_before_the_plugin_are_adopted(scheduler):
    scheduler.task("early", "processing", f"{RUN}:0")
    scheduler.task("done", "memory", f"{RUN}:0")
    scheduler.task("theirs", "waiting", f"{OTHER}:0")
    report = with_plugin(scheduler, lambda plugin: None)
    assert (report["tasks"], report["unfinished"]) == (1, 1)


def test_plugin_of_a_dead_kernel_leaves_by_itself(scheduler, monkeypatch):
    monkeypatch.setattr(module, "EXPIRES_AFTER", 0.05)
    monkeypatch.setattr(module, "LINGERS", 0.0)

    async def gone():
        while scheduler.plugins or scheduler.handlers:
            await asyncio.sleep(0.01)

    async def act(plugin):
        await asyncio.wait_for(gone(), 60)

    with_plugin(scheduler, act)


def test_report_waits_for_graphs_that_are_on_their_way_but_not_for_ever(scheduler):
    scheduler.task("a")

    async def act(plugin):
        loop = asyncio.get_running_loop()
        begin = loop.time()
        report = await plugin.report(graphs=1, wait=0.1)
        assert report["missing"] == [0]
        assert loop.time() - begin >= 0.09
        loop.call_later(0.05, scheduler.graph, plugin, "Client-mine", ["a"], f"{RUN}:0")
        # As long as no test lasts: what ends these two is not the limit.
        report = await plugin.report(graphs=1, wait=3600)
        assert (report["missing"], report["tasks"]) == ([], 1)
        report = await plugin.report(graphs=3, refused=[1, 2], wait=3600)
        assert report["missing"] == []

    with_plugin(scheduler, act)


def test_scheduler_that_closes_answers_who_asks(scheduler, monkeypatch):
    """It closes once the answer was heard, not when it has waited long enough."""
    monkeypatch.setattr(module, "LAST_ANSWER_SECONDS", 3600.0)

    async def act(plugin):
        asked = asyncio.ensure_future(plugin.report(wait=10))
        await asyncio.sleep(0.01)
        closing = asyncio.ensure_future(plugin.before_close())
        assert (await asked)["closing"] is True
        await plugin.report(heard=True)
        await asyncio.wait_for(closing, 60)

    with_plugin(scheduler, act)


def test_what_travels_runs_on_python_3_9_and_needs_only_distributed():
    for file in FILES:
        text = resources.files("hrlab.timing.dask").joinpath(file).read_text("utf-8")
        tree = ast.parse(text, feature_version=(3, 9))
        names = {
            (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
            for node in tree.body
            if isinstance(node, (ast.Import, ast.ImportFrom))
        }
        # Dask is what distributed itself is configured by.
        assert names <= {*sys.stdlib_module_names, "dask", "distributed"}


def test_parcel_unpickles_as_a_plugin_and_is_built_once():
    before = set(sys.modules)
    try:
        first, second = (pickle.loads(pickle.dumps(PluginParcel(RUN, ["c"]))) for _ in range(2))
        assert first.name == f"hrlab-{RUN}"
        assert type(first) is type(second)
        assert set(sys.modules) - before <= {module_name()}
    finally:
        sys.modules.pop(module_name(), None)


def left_over(scheduler, *keys):
    for key in keys:
        scheduler.task(key, "processing", f"{OTHER}:0")


def test_workers_are_occupied_while_left_over_tasks_fill_their_threads(scheduler):
    left_over(scheduler, "a", "b")

    def act(plugin):
        plugin.transition("a", "processing", "memory")
        assert plugin.snapshot()["occupied_until"] == pytest.approx(plugin.tally.clock(), abs=60)
        before = plugin.tally.clock()
        plugin.transition("b", "processing", "memory")
        after = plugin.tally.clock()
        assert before <= plugin.snapshot()["occupied_until"] <= after

    with_plugin(scheduler, act)


def test_left_over_tasks_that_were_cancelled_occupy_nothing(scheduler):
    left_over(scheduler, "a")

    def act(plugin):
        plugin.transition("a", "processing", "released")
        seen = plugin.snapshot()["occupied_until"]
        assert plugin.snapshot()["occupied_until"] == seen

    with_plugin(scheduler, act)


def test_workers_are_not_occupied_by_the_runs_own_tasks_or_by_fewer_than_their_threads(scheduler):
    scheduler.task("mine", "processing", f"{RUN}:0")
    assert with_plugin(scheduler, lambda plugin: None)["occupied_until"] is None
    left_over(scheduler, "a")
    scheduler.workers["w"].nthreads = 2
    assert with_plugin(scheduler, lambda plugin: None)["occupied_until"] is None
