"""Hardware use of two runs on one time axis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrlab.comparison.overlay import overlays, since_of
from hrlab.model.errors import MalformedError
from hrlab.model.resources import Series
from tests.comparison.runs import run
from tests.render.runs import golden


def sampled():
    """The golden run whose hardware use was sampled."""
    found = golden("run_v1_resources")
    assert found.resources is not None
    return found


def test_use_of_kernel_and_workers_is_taken_together():
    one = sampled()
    (cpu, *_) = overlays(one, run(5), "start")
    use = one.resources
    expected = sum(cluster.cpu_cores.total[1] or 0 for cluster in use.clusters)
    expected += use.kernel.cpu_cores[1] or 0
    assert cpu.before.points[1] == (use.interval_seconds, pytest.approx(expected))
    assert [at for at, _ in cpu.before.points[-2:]] == [one.wall_seconds] * 2
    assert cpu.before.points[-1][1] is None
    assert cpu.after is None


def test_times_are_since_the_first_loop_if_both_have_one():
    one = sampled()
    start = one.loops[0].start_seconds
    other = replace(one, id="e" * 32)
    (cpu, *_) = overlays(one, other, "loop")
    assert cpu.before.points[0][0] == cpu.after.points[0][0] == -start
    (cpu, *_) = overlays(one, replace(other, loops=()), "loop")
    assert cpu.before.points[0][0] == 0


def test_disks_are_those_of_the_hosts_and_a_nodes_is_said_to_count_once_for_each_pod():
    one = sampled()
    use = one.resources.clusters[0]
    for pods in (False, True):
        one_of = replace(one, resources=replace(one.resources, clusters=(replace(use, pods=pods),)))
        found = {overlay.quantity: overlay for overlay in overlays(one_of, one_of, "start")}
        read, written = found["disk-read"], found["disk-write"]
        assert read.before.points[2][1] == use.disk_read_bytes_per_second.total[2]
        assert written.before.points[2][1] == use.disk_write_bytes_per_second.total[2]
        assert (read.repeated, written.repeated) == (pods, pods)
        assert not found["network-read"].repeated


def test_hosts_without_disks_have_none_to_overlay():
    one = sampled()
    nothing = Series((None,) * one.resources.points)
    use = replace(one.resources.clusters[0], disk_read_bytes_per_second=nothing)
    one = replace(one, resources=replace(one.resources, clusters=(use,)))
    assert "disk-read" not in {found.quantity for found in overlays(one, one, "start")}


def test_runs_that_were_not_sampled_have_nothing_to_overlay():
    assert overlays(run(5), run(6), "start") == ()


def test_unknown_beginnings_are_refused():
    assert since_of(None) == since_of("start") == "start"
    with pytest.raises(MalformedError, match="start, loop"):
        since_of("epoch")
