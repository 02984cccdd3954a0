"""The later of two that were made at once withdraws, and all servers agree which that is."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from hrlab.clusters.admission.conflicts import NEW_SECONDS, lost_race
from hrlab.model.quota import ClusterUsage
from hrlab.model.site_limit import SiteLimit, mark

ALL = SiteLimit(name="all", profiles=("zee",), together=True, workers=10)


def claim(name, workers, at=100.0, **more):
    more = {"mine": False, "profile": "zee", **more}
    return ClusterUsage(
        id=name, name=name, workers=workers, cores=workers, memory_bytes=0,
        created_at=at, uid=name, **more,
    )  # fmt: skip


def grown(name, before, workers, at=100.0, **more):
    return claim(name, workers, at=0.0, grown_at=at, grown_from=before, **more)


def shrunk(*claims, limits=(ALL,)):
    return {one.id for one in claims if lost_race(one.id, claims, limits, grown=True)}


def withdrawn(*claims, limits=(ALL,)):
    return {one.id for one in claims if lost_race(one.id, claims, limits)}


def test_there_is_room_for_both():
    assert withdrawn(claim("a", 5), claim("b", 5)) == set()


def test_the_later_one_withdraws_and_in_the_same_second_the_one_of_the_greater_uid():
    assert withdrawn(claim("a", 6, at=101), claim("b", 6, at=100)) == {"a"}
    assert withdrawn(claim("a", 6), claim("b", 6)) == {"b"}


def test_a_small_one_may_stay_though_a_large_one_before_it_withdraws():
    assert withdrawn(claim("a", 6), claim("b", 6), claim("c", 4)) == {"b"}


def test_one_that_has_settled_stays_and_counts_even_beyond_the_limit():
    old = claim("z", 12, at=100 - NEW_SECONDS - 1)
    assert lost_race("a", [old, claim("a", 1)], [ALL])
    assert not lost_race("a", [claim("z", 9, at=old.created_at), claim("a", 1)], [ALL])


def test_the_reason_says_who_was_first_and_what_is_left():
    said = lost_race("b", [claim("a", 6), claim("b", 6, mine=True)], [ALL])
    assert said.startswith("Withdrawn: a of another user was requested a moment earlier.")
    assert "Your cluster needs 6 workers; 4 workers are left of 10 workers (all)." in said


def test_only_marked_clusters_of_others_count_for_a_group():
    limit = SiteLimit(name="atlas", groups=("atlas",), profiles=("zee",), together=True, workers=10)
    member = claim("a", 6, groups=(mark("atlas"),))
    mine = claim("m", 6, mine=True)
    assert withdrawn(member, mine, limits=[limit]) == {"m"}
    assert withdrawn(claim("a", 6), mine, limits=[limit]) == set()


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(100, 102)), min_size=1, max_size=5))
def test_what_stays_fits_and_does_not_depend_on_who_looks_or_in_which_order(clusters):
    claims = [claim(f"c{i}", workers, at=float(at)) for i, (workers, at) in enumerate(clusters)]
    gone = withdrawn(*claims)
    assert sum(one.workers for one in claims if one.id not in gone) <= 10
    assert gone < {one.id for one in claims}
    assert all(withdrawn(*order) == gone for order in list(permutations(claims))[:24])


def test_of_two_that_grow_at_once_the_later_one_gives_back_what_it_grew_by():
    assert shrunk(grown("a", 2, 4), grown("b", 2, 6)) == set()
    assert shrunk(grown("a", 2, 6, at=101), grown("b", 2, 6)) == {"a"}
    assert shrunk(grown("a", 2, 6), grown("b", 2, 6)) == {"b"}


def test_what_it_had_before_stays_though_it_is_beyond_the_limit():
    two = grown("a", 12, 14), claim("b", 1, at=200.0)
    assert shrunk(*two) == {"a"}


def test_a_growth_and_a_new_cluster_are_put_in_order_too():
    assert withdrawn(grown("a", 2, 8), claim("b", 4, at=101)) == {"b"}
    assert shrunk(grown("a", 2, 8), claim("b", 4, at=101)) == set()
    assert shrunk(grown("a", 2, 8), claim("b", 4, at=99)) == {"a"}
    assert withdrawn(grown("a", 2, 8), claim("b", 4, at=99)) == set()


def test_growing_takes_no_place_of_a_limit_of_clusters():
    limit = SiteLimit(name="all", together=True, clusters=1)
    assert shrunk(grown("a", 2, 9), limits=[limit]) == set()


def test_the_reason_of_a_growth_says_to_what_it_goes_back():
    said = lost_race("b", [grown("a", 1, 7), grown("b", 2, 5, mine=True)], [ALL], grown=True)
    assert said.startswith(
        "Scaled back to 2 workers: a of another user was scaled up a moment earlier."
    )
    assert "Your increase needs 3 workers; 1 worker is left of 10 workers (all)." in said


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 9), st.integers(100, 102)),
        min_size=1,
        max_size=4,
    )
)
def test_what_stays_of_growths_fits_and_all_servers_agree(clusters):
    claims = [
        grown(f"c{i}", had, had + more, at=float(at)) for i, (had, more, at) in enumerate(clusters)
    ]
    gone = shrunk(*claims)
    stay = [one.grown_from if one.id in gone else one.workers for one in claims]
    assert sum(stay) <= 10
    assert all(shrunk(*order) == gone for order in list(permutations(claims))[:24])
