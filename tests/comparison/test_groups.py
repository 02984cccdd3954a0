from __future__ import annotations

from dataclasses import replace

import pytest

from hrlab.comparison.charts import charts, headline
from hrlab.comparison.groups import ABSENT, compare
from hrlab.model.errors import InvalidRequestError, MalformedError
from hrlab.model.run import Environment, Input, RunError, Source, Workers
from tests.comparison.runs import published, run


def test_published_table_gives_the_published_speed_ups():
    comparison = compare(published())
    assert (comparison.by, comparison.amount, comparison.baseline) == (
        "approach",
        "variations",
        "serial",
    )
    found = {(group.key, group.amount): group for group in comparison.groups}
    assert found["distributed", 100].speed_up == pytest.approx(8.22, abs=0.01)
    assert found["distributed", 100].efficiency == pytest.approx(0.082, abs=0.001)
    assert found["local", 50].speed_up == pytest.approx(1.84, abs=0.01)
    assert [group.key for group in comparison.groups] == [
        *["serial"] * 2,
        *["local"] * 2,
        *["distributed"] * 2,
    ]


def test_headline_answers_the_question_first():
    assert headline(compare(published())) == (
        "100 variations: serial 18 min 55 s, local 10 min 18 s, distributed 2 min 18 s: "
        "8.2 times faster than serial on 100 threads (8 % efficiency)."
    )


def test_repeats_become_their_median_with_shortest_and_longest():
    (_, two) = compare(
        [run(10, threads=1), run(5, threads=2), run(6, threads=2), run(9, threads=2)]
    ).groups
    assert (two.wall_seconds, two.wall_low_seconds, two.wall_high_seconds) == (6, 5, 9)
    assert len(two.runs) == 3
    phases = two.phases
    total = phases.pre_seconds + phases.dask_seconds + phases.between_seconds + phases.post_seconds
    assert total == pytest.approx(two.wall_seconds)


def test_first_run_of_a_fresh_cluster_is_shown_apart():
    cold = run(50, threads=2, cold=True)
    comparison = compare([run(10, threads=1), cold, run(6, threads=2, cold=False)])
    assert comparison.groups[1].cold == (cold.id,)
    assert comparison.groups[1].wall_seconds == 6
    assert any("fresh cluster" in note for note in comparison.notes)


def test_group_of_only_cold_runs_counts_them():
    comparison = compare([run(10, threads=1), run(50, threads=2, cold=True)])
    assert comparison.groups[1].wall_seconds == 50
    assert comparison.groups[1].cold == ()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"source": Source(kind="cell", code_sha256="other")}, "The code differs"),
        ({"environment": Environment(image="b")}, "The image differs"),
        ({"environment": Environment(distributed="2")}, "distributed differs"),
    ],
)
def test_what_should_be_the_same_and_is_not_is_said(changes, what):
    here = {"environment": Environment(image="a", distributed="1")}
    comparison = compare(
        [run(10, threads=1, **here), run(5, threads=2, **here), run(5, threads=2, **changes)]
    )
    assert any(what in note for note in comparison.notes)


def test_cluster_shared_with_others_is_said():
    comparison = compare([run(10, threads=1, alone=True), run(5, threads=2, alone=False)])
    assert any("tasks of other clients" in note for note in comparison.notes)


def test_other_clusters_on_the_nodes_are_told_apart_from_other_clients_on_the_cluster():
    comparison = compare(
        [
            run(10, threads=1, alone=True),
            run(5, threads=2, alone=True, other_pods=3),
            run(6, threads=2, alone=True, other_pods=1),
        ]
    )
    assert [group.alone for group in comparison.groups] == [True, False]
    assert "2 threads: 3 pods of other clusters ran on its nodes." in comparison.notes
    assert not any("tasks of other clients" in note for note in comparison.notes)


def test_runs_that_failed_are_left_out_and_said():
    failed = run(1, threads=4, status="failed", error=RunError("ValueError", "no"))
    comparison = compare([run(10, threads=1), run(5, threads=2), failed])
    assert len(comparison.groups) == 2
    assert "1 of 3 runs did not succeed" in comparison.notes[0]


def test_one_run_is_not_a_comparison():
    with pytest.raises(InvalidRequestError, match="needs two"):
        compare([run(10)])


@pytest.mark.parametrize("by", ["colour", "label:", "workload", ""])
def test_what_runs_can_not_be_grouped_by_is_refused(by):
    if not by:
        assert compare([run(1), run(2)], by).by == "run"
        return
    with pytest.raises(MalformedError, match="Cannot group runs"):
        compare([run(1), run(2)], by)


def test_baseline_is_chosen_by_its_key():
    runs = [run(10, threads=1), run(5, threads=2), run(4, threads=4)]
    comparison = compare(runs, baseline="2")
    assert comparison.groups[0].speed_up == 0.5
    with pytest.raises(MalformedError, match="the groups are 1, 2, 4"):
        compare(runs, baseline="3")


def test_runs_without_a_cluster_are_called_so():
    found = compare([run(10), run(5, threads=1), run(3, threads=2)], by="workers")
    assert [group.label for group in found.groups] == ["no cluster", "1 worker", "2 workers"]


def test_labels_group_runs():
    comparison = compare(
        [run(10, labels={"cut": "loose"}), run(5, labels={"cut": "tight"}), run(6)], "label:cut"
    )
    assert {group.key for group in comparison.groups} == {"loose", "tight", "–"}


def test_efficiency_is_no_picture_of_its_own_where_threads_do_not_differ():
    assert list(charts(compare([run(10, threads=2), run(5, threads=2)]))) == ["time", "speed-up"]


def test_pictures_follow_from_what_is_known():
    assert list(charts(compare(published()))) == ["time", "speed-up", "efficiency", "work"]
    assert list(charts(compare([run(10, threads=1), run(5, threads=2)]))) == [
        "time",
        "speed-up",
        "efficiency",
    ]


def test_efficiency_counts_threads_or_workers():
    def of(workers, threads, wall):
        made = run(wall, threads=workers)
        clusters = (replace(made.clusters[0], workers=Workers(workers, workers, threads, ())),)
        return replace(made, clusters=clusters)

    runs = [of(1, 10, 100), of(4, 40, 50)]
    (_, more) = compare(runs, "threads", over="workers").groups
    assert more.efficiency == pytest.approx(2 / 4)
    runs = [run(100, "serial"), of(1, 10, 20)]
    by_threads, by_workers = (compare(runs, over=over) for over in ("threads", "workers"))
    assert by_threads.groups[1].efficiency == pytest.approx(5 / 10)
    assert by_workers.groups[1].efficiency == pytest.approx(5 / 1)
    with pytest.raises(MalformedError, match="threads, workers"):
        compare(runs, over="cores")


def test_choices_are_what_the_runs_differ_in():
    one = run(10, labels={"cut": "loose", "slot": "1"}, workload={"events": 5})
    other = run(5, labels={"cut": "tight", "slot": "1"}, workload={"events": 9, "bytes": 1})
    assert compare([one, other], "run").choices == (
        *("approach", "workers", "threads", "run"),
        *("label:cut", "workload:events", "workload:bytes"),
    )


def on_profile(name, wall):
    made = run(wall, "distributed", 4)
    return replace(made, clusters=tuple(replace(one, profile=name) for one in made.clusters))


def test_runs_are_grouped_by_the_profiles_of_their_clusters():
    runs = [on_profile("naples", 10), on_profile("local", 5), on_profile("naples", 12), run(20)]
    by_profile = compare(runs, "profile")
    assert {group.key: group.runs for group in by_profile.groups} == {
        "naples": (runs[0].id, runs[2].id),
        "local": (runs[1].id,),
        ABSENT: (runs[3].id,),
    }
    assert "profile" in compare(runs, "approach").choices
    assert "profile" not in compare([run(10), run(5)], "run").choices
    assert "profile" not in compare([runs[0], runs[2]], "run").choices


def test_what_differs_is_said_first():
    old = run(10, threads=1, inputs=(Input("a.root", 1),), environment=Environment(python="3.11.1"))
    failed = run(1, status="failed", error=RunError("ValueError", "no"))
    new = run(5, threads=2, inputs=(Input("a.root", 2),), environment=Environment(python="3.12.0"))
    comparison = compare([failed, old, new])
    assert comparison.differs == (
        "The input differs (a.root).",
        "The Python version differs (3.11.1, 3.12.0).",
    )
    assert comparison.notes[:2] == comparison.differs
    assert "did not succeed" in comparison.notes[2]


def test_runs_that_are_no_repeats_are_not_taken_together_in_silence():
    runs = [run(9, "serial"), run(5, threads=2), run(3, threads=4)]
    notes = compare(runs, "approach").notes
    assert any("distributed: runs with 2 to 4 threads are combined" in note for note in notes)
    same = [run(9, "serial"), run(5, threads=2), run(4, threads=2)]
    assert not any("combined" in note for note in compare(same, "approach").notes)


def test_labels_that_are_numbers_are_in_their_order():
    runs = [run(1, labels={"npartitions": text}) for text in ("10", "9", "none")]
    keys = [group.key for group in compare(runs, "label:npartitions").groups]
    assert keys == ["9", "10", "none"]


def test_run_without_the_figure_is_a_group_of_its_own():
    runs = [run(1, workload={"events": 5}), run(2)]
    assert [group.key for group in compare(runs, "workload:events").groups] == [5, "–"]


def test_single_runs_are_in_the_order_in_which_they_ran():
    old, new = run(10, id="f" * 32), run(5, id="0" * 32)
    comparison = compare([new, old], "run")
    assert [group.key for group in comparison.groups] == [old.id, new.id]
    assert comparison.baseline == old.id


def test_names_of_machines_are_not_told():
    """A comparison in a notebook is published with it."""
    hosts = [run(wall, environment=Environment(hostname=f"node-{wall}")) for wall in (2, 1)]
    comparison = compare(hosts)
    assert comparison.differs == ("The host differs.",)
    assert not any("node-" in note for note in comparison.notes)


def test_more_work_that_takes_longer_is_not_slower():
    runs = [run(10, workload={"events": 5}), run(20, workload={"events": 10})]
    comparison = compare(runs, "workload:events")
    assert [group.speed_up for group in comparison.groups] == [None, None]
    assert list(charts(comparison)) == ["time", "work"]
    assert headline(comparison) == "5 events 10.0 s, 10 events 20.0 s."


def test_headline_counts_one_worker():
    wide = run(5, threads=1)
    cluster = replace(wide.clusters[0], workers=Workers(1, 1, 4, ()))
    comparison = compare([run(10, "serial"), replace(wide, clusters=(cluster,))], over="workers")
    assert "on 1 worker (200 % efficiency: a worker has several threads)" in headline(comparison)


def test_warm_run_is_not_compared_with_a_cold_one():
    """The same cell again: "69 times faster, 6885 % efficiency"."""
    cold = run(25.2, threads=2, cold=True, name="repeat")
    warm = [run(wall, threads=2, cold=False, name="repeat") for wall in (0.398, 0.366)]
    comparison = compare([cold, *warm], "run")
    assert comparison.baseline == warm[0].id
    assert next(group.speed_up for group in comparison.groups) is None
    assert headline(comparison).startswith(
        "repeat, cold 25.2 s, repeat #2 398 ms, repeat #3 366 ms: 1.1 "
    )
    assert "repeat: cold, includes imports and compilation on fresh workers" in " ".join(
        comparison.notes
    )


def test_one_cold_and_one_warm_run_have_no_speed_up():
    runs = [run(25, threads=2, cold=True, name="a"), run(1, threads=2, cold=False, name="b")]
    comparison = compare(runs)
    assert headline(comparison) == "a, cold 25.0 s, b 1.00 s."
    assert list(charts(comparison)) == ["time"]


def test_cold_runs_are_compared_with_cold_ones_and_with_serial_ones():
    """As a campaign with a fresh cluster for each point makes them."""
    fresh = [run(8, threads=2, cold=True), run(4, threads=4, cold=True), run(9, "serial")]
    comparison = compare(fresh, "threads")
    assert None not in [group.speed_up for group in comparison.groups]
    assert not any("fresh" in note for note in comparison.notes)
    assert "cold" not in headline(comparison)


def test_efficiency_beyond_what_threads_give_has_its_reason():
    same = [run(4, threads=2, name="old"), run(1, threads=2, name="new")]
    assert headline(compare(same)).endswith(
        "on 2 threads (400 % efficiency: with the same number of threads, so the speed-up has another cause)."
    )
    other = Source(kind="cell", code_sha256="other")
    changed = [run(9, threads=1), run(1, threads=2, source=other)]
    assert "(450 % efficiency: the code differs)." in headline(compare(changed, "run"))
    cached = [run(9, threads=1), run(1, threads=2)]
    assert "more than its threads alone can explain" in headline(compare(cached))
    usual = [run(9, threads=1), run(5, threads=2)]
    assert headline(compare(usual)).endswith("on 2 threads (90 % efficiency).")


def test_runs_on_processes_are_neither_serial_nor_the_baseline():
    """joblib's loky and multiprocessing were serial on 1 thread: "201 % efficiency"."""
    loky = run(1.8, "processes", processes=2)
    comparison = compare([loky, run(3.63, "serial")])
    assert comparison.baseline == "serial"
    assert headline(comparison).endswith(
        "2.0 times faster than serial on 2 threads (101 % efficiency)."
    )
    wide = run(0.5, threads=8)
    assert compare([loky, wide]).baseline == "distributed"
    assert compare([loky, wide], "run").baseline == wide.id
    assert compare([loky, wide], baseline="processes").baseline == "processes"
    assert compare([loky, run(1.7, "processes", processes=2)], "approach").baseline == "processes"
