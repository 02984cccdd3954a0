"""Limits of a site: read with the line of what is wrong, for whom they are, and core-hours."""

from __future__ import annotations

import pytest

from hrlab.model.profile import Profile
from hrlab.model.quota import ClusterUsage, UsageSnapshot
from hrlab.model.site_limit import SiteLimit, mark
from hrlab.quota.site_limits import load_limits
from hrlab.quota.sources.core_hours import DAY, CoreHours
from hrlab.quota.sources.site import SiteQuotas

PROFILES = {
    "zee": Profile(name="zee", kind="kubernetes", template={}),
    "here": Profile(name="here", kind="process", template={}),
}


def read(tmp_path, text, configured=None):
    file = tmp_path / "profiles.yaml"
    file.write_text(text)
    return load_limits(configured or {}, file, PROFILES)


def test_limits_of_file_and_trait_are_read_and_the_trait_wins(tmp_path):
    text = "quotas:\n  all: {cores: 1}\n  few: {memory_bytes: 2 GiB, hours: 9, days: 7}\n"
    found = read(tmp_path, text, {"all": {"cores": 480}})
    assert found.broken == ()
    few, everybody = found.usable
    assert everybody.amounts == {"cores": 480}
    assert few.amounts == {"memory": 2 * 2**30, "hours": 9}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("all: {core: 1}", 2, "unknown key `core`. Did you mean cores or"),
        ("all:\n    cores: -1", 3, "`cores` must be at least 0"),
        ("all:\n    cores: many", 3, "`cores` must be a number"),
        ("all:\n    workers: 1.5", 3, "`workers` must be a whole number"),
        ("all:\n    memory_bytes: 2 sheep", 3, "amount of memory"),
        ("all: {label: x}", 2, "needs at least one of workers, cores"),
        ("all: 7", 2, "must be a mapping"),
        ("All of us: {cores: 1}", 2, "lower-case letters"),
        ("all:\n    cores: 1\n    profiles: [zed]", 4, "unknown profile `zed`. Did you mean zee?"),
        (
            "all:\n    cores: 1\n    profiles: [here]\n    together: true",
            5,
            "all of kind kubernetes",
        ),
        ("all:\n    hours: 1\n    profiles: [zee]\n    together: true", 3, "are counted per user"),
        ("all:\n    hours: 1\n    days: 0", 4, "`days` must be at least 1"),
        ("all:\n    cores: .nan", 3, "`cores` must be a finite number"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_other_limits_hold(tmp_path, text, line, words):
    found = read(tmp_path, f"quotas:\n  {text}\n  good: {{cores: 1}}\n")
    assert [limit.name for limit in found.usable] == ["good"]
    (reason,) = found.broken
    assert reason.startswith(f"profiles.yaml, line {line}: ")
    assert words in reason


def test_limits_are_for_users_and_groups_and_everybody():
    limits = load_limits(
        {
            "all": {"cores": 1},
            "alice": {"users": ["alice"], "cores": 1},
            "atlas": {"groups": ["atlas"], "cores": 1, "profiles": ["zee"], "together": True},
        },
        None,
        PROFILES,
    )
    names = {
        (user, *groups): [limit.name for limit in limits.of(user, groups).usable]
        for user, groups in (("alice", ()), ("bob", ("atlas",)), ("eve", ("cms",)))
    }
    expected = {
        ("alice",): ["all", "alice"],
        ("bob", "atlas"): ["all", "atlas"],
        ("eve", "cms"): ["all"],
    }
    assert names == expected
    assert limits.of("bob", ["atlas"]).marks("zee") == (mark("atlas"),)
    assert limits.of("bob", ["atlas"]).marks("here") == ()


def claim(name, cores, profile="zee", mine=True):
    return ClusterUsage(
        id=name, name=name, mine=mine, profile=profile, workers=1, cores=cores, memory_bytes=0
    )


async def test_clusters_that_can_not_be_seen_make_use_unknown_and_not_zero(tmp_path):
    async def held():
        return UsageSnapshot([claim("a", 3)], {"zee": "The API does not answer."})

    hours = CoreHours(tmp_path / "hours.json", lambda: 0.0)
    limits = [SiteLimit(name="all", cores=9), SiteLimit(name="here", cores=9, profiles=("here",))]
    blind, seen = await SiteQuotas(limits, held, hours, lambda: 0.0).quotas()
    assert (blind.used, blind.available, blind.error) == (
        "unknown",
        "unknown",
        "The API does not answer.",
    )
    assert (seen.used, seen.error) == (0, None)


def test_core_hours_are_cores_times_time_by_day_and_profile(tmp_path):
    now = [10 * DAY - 3600.0]
    hours = CoreHours(tmp_path / "hours.json", lambda: now[0])
    hours.record([claim("a", 4), claim("b", 9, mine=False), claim("c", 1, profile="here")])
    now[0] += 2 * 3600
    hours.record([claim("a", 2), claim("c", 1, profile="here")])
    assert hours.hours(None, 30) == 10
    assert hours.hours(["zee"], 30) == 8
    assert hours.hours(["zee"], 1) == 4  # of today
    now[0] += 3600
    hours.record([])  # they have ended meanwhile
    assert hours.hours(["zee"], 30) == 10
    now[0] += 40 * DAY
    assert hours.hours(None, 30) == 0


def test_core_hours_survive_the_server_and_what_ended_without_it_is_not_guessed(tmp_path):
    now, path = [0.0], tmp_path / "hours.json"
    CoreHours(path, lambda: now[0]).record([claim("a", 4), claim("b", 4)])
    now[0] += 3600
    again = CoreHours(path, lambda: now[0])
    again.record([claim("a", 4)])
    assert again.hours(None, 30) == 4
    path.write_text('{"days": 3')
    spoilt = CoreHours(path, lambda: now[0])
    spoilt.record([])
    assert spoilt.hours(None, 30) == 0
