"""The private names of distributed that hrlab relies on. When one of these fails, look at `hrlab/timing/dask` first."""

from __future__ import annotations

import inspect

import distributed
import distributed.actor
import distributed.client
import distributed.core
import pytest
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.scheduler import Computation, Scheduler, TaskState, WorkerState

from hrlab.timing.dask import client_hooks, plugin
from hrlab.timing.dask.client_hooks import doors


def parameters(function):
    return list(inspect.signature(function).parameters)


def positional(function):
    found = inspect.signature(function).parameters.values()
    return [one.name for one in found if one.kind is one.POSITIONAL_OR_KEYWORD]


def test_every_door_is_there():
    assert doors.missing() == []


def test_missing_door_is_named(monkeypatch):
    monkeypatch.delattr(distributed.client.Client, "_gather")
    assert doors.missing() == ["Client._gather"]


@pytest.mark.parametrize(
    ("owner", "name", "first"),
    [
        (distributed.client.Client, "_gather", ["self", "futures"]),
        (distributed.client.Client, "_start", ["self"]),
        (distributed.client.Future, "_result", ["self"]),
    ],
)
def test_doors_on_the_way_back_are_coroutine_functions(owner, name, first):
    function = inspect.unwrap(getattr(owner, name))
    assert inspect.iscoroutinefunction(function)
    assert parameters(function)[: len(first)] == first


def test_graphs_leave_by_one_method_that_gives_futures_by_key():
    function = inspect.unwrap(distributed.client.Client._graph_to_futures)
    assert not inspect.iscoroutinefunction(function)
    assert parameters(function)[:1] == ["self"]
    assert "return futures" in inspect.getsource(function)
    assert "dask.get_annotations()" in inspect.getsource(function)


def test_actors_futures_tell_their_begin_and_end():
    future = distributed.actor.ActorFuture
    assert parameters(inspect.unwrap(future.__init__)) == ["self", "io_loop"]
    assert parameters(inspect.unwrap(future._set_result)) == ["self", "out"]


def test_clients_and_schedulers_of_the_process_are_listed():
    assert hasattr(distributed.Client, "_instances")
    assert hasattr(Scheduler, "_instances")


def test_scheduler_tells_which_task_submits_and_calls_plugins_in_that_frame():
    source = inspect.getsource(Scheduler._create_taskstate_from_graph)
    assert "submitting_task" in parameters(Scheduler._create_taskstate_from_graph)
    assert "plugin.update_graph(" in source
    # before the tasks get under way, and in the same turn of the event loop
    assert source.index("plugin.update_graph(") < source.index("self.transitions(")
    assert not inspect.iscoroutinefunction(Scheduler._create_taskstate_from_graph)


def test_scheduler_notes_annotations_of_the_last_graph_for_plugins():
    source = inspect.getsource(Scheduler._create_taskstate_from_graph)
    noted = source.index("computation.annotations.update(global_annotations)")
    assert noted < source.index("plugin.update_graph(")
    assert hasattr(Computation(), "annotations")


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (WorkerState, {"executing", "processing", "long_running", "nthreads", "host", "last_seen"}),
        (TaskState, {"annotations", "state", "prefix", "who_wants", "key"}),
    ],
)
def test_states_have_the_fields_that_the_plugin_reads(owner, names):
    slots = {name for one in owner.__mro__ for name in getattr(one, "__slots__", ())}
    assert names <= slots | set(dir(owner)) | {"state"}


@pytest.mark.parametrize("hook", ["start", "before_close", "restart", "transition"])
def test_plugin_overrides_hooks_that_exist(hook):
    assert hasattr(SchedulerPlugin, hook)
    ours, theirs = getattr(plugin.RunPlugin, hook), getattr(SchedulerPlugin, hook)
    assert positional(ours) == positional(theirs)


def test_rpc_closes_with_close_rpc():
    assert inspect.iscoroutinefunction(distributed.core.rpc.close_rpc)


def test_plugin_and_kernel_use_one_tag():
    assert plugin.TAG == client_hooks.TAG
