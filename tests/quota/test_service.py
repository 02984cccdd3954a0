"""Sources are asked side by side; one that hangs, fails or lies hides no other, and nothing false is kept."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hrlab.model.quota import UNKNOWN, UNLIMITED, quota
from hrlab.quota.service import QuotaService
from hrlab.quota.sources.base import QuotaError


class Told:
    """A source that says what the test wants, when it wants."""

    enforced = True

    def __init__(self, name, used=1.0, fresh_seconds=0.5):
        self.name = name
        self.fresh_seconds = fresh_seconds
        self.used = used
        self.asked = 0
        self.error = None
        self.stopped = False
        self.go = asyncio.Event()
        self.go.set()

    async def quotas(self):
        self.asked += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return [quota("cores", "user", self.name, 0.0, limit=10, used=self.used, enforced=True)]

    async def stop(self):
        self.stopped = True


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def service(clock, jp_asyncio_loop):
    made = []

    def make(*sources, seconds=60.0):
        made.append(QuotaService(lambda: sources, logging.getLogger(), lambda: clock[0], seconds))
        return made[-1]

    yield make
    for one in made:
        jp_asyncio_loop.run_until_complete(one.stop())


def used(report):
    return {one.source: one.used for one in report.quotas}


def states(report):
    return {one.source: (one.as_of_at, one.error) for one in report.sources}


async def test_one_that_hangs_is_told_from_before_with_its_age_and_is_announced_later(
    service, clock
):
    good, slow = Told("good"), Told("slow")
    quotas, told = service(good, slow), asyncio.Event()
    quotas.changed = told.set
    assert used(await quotas.report()) == {"good": 1, "slow": 1}
    clock[0] += 100
    slow.go.clear()
    slow.used = good.used = 7
    for _ in range(3):
        report = await quotas.report(0.01)
        assert used(report) == {"good": 7, "slow": 1}
        assert states(report)["slow"] == (1000.0, None)
    assert slow.asked == 2
    assert not told.is_set()
    slow.go.set()
    await asyncio.wait_for(told.wait(), 10)
    assert used(await quotas.report()) == {"good": 7, "slow": 7}


async def test_one_that_never_answers_is_given_up_and_named(service):
    good, never = Told("good"), Told("never")
    never.go.clear()
    quotas = service(good, never, seconds=0.05)
    report = await quotas.report(10.0)
    assert used(report) == {"good": 1}
    at, error = states(report)["never"]
    assert at is None
    assert "No response within 0.05 s" in error


@pytest.mark.parametrize(
    "error", [QuotaError("Tell your admin."), OSError("gone"), ValueError("x")]
)
async def test_one_that_fails_keeps_its_last_answer_and_is_asked_again_later(service, clock, error):
    source = Told("one")
    quotas = service(source)
    await quotas.report()
    source.error = error
    clock[0] += 1
    report = await quotas.report()
    assert used(report) == {"one": 1}
    assert str(error) in states(report)["one"][1]
    source.error, source.used = None, 2
    assert used(await quotas.report()) == {"one": 1}  # not at every report
    clock[0] += 60
    report = await quotas.report()
    assert (used(report), states(report)["one"]) == ({"one": 2}, (clock[0], None))


async def test_an_answer_is_fresh_for_a_while_but_decisions_ask_anew(service, clock):
    source = Told("one", fresh_seconds=30)
    quotas = service(source)
    await quotas.report()
    source.used = 9
    assert used(await quotas.report()) == {"one": 1}
    (binding,) = await quotas.binding()
    assert binding.available == 1
    assert used(await quotas.report()) == {"one": 9}


async def test_a_decision_does_not_take_an_answer_that_was_on_its_way_before(service):
    source = Told("one")
    quotas = service(source)
    source.go.clear()
    await quotas.report(0.01)
    deciding = asyncio.ensure_future(quotas.binding())
    while source.asked < 2:
        await asyncio.sleep(0)
    source.used = 5
    source.go.set()
    assert [one.used for one in await deciding] == [5]


async def test_a_decision_waits_only_so_long_for_one_that_hangs(service):
    source = Told("one")
    quotas = service(source)
    await quotas.report()
    source.go.clear()
    assert [one.used for one in await quotas.binding(0.01)] == [1]


async def test_left_for_a_profile_is_known_without_asking(service):
    source = Told("one", used=4)
    quotas = service(source)
    assert quotas.left_now("zee").cores == UNLIMITED
    await quotas.report()
    assert quotas.left_now("zee").cores == 6
    source.used = UNKNOWN


async def test_sources_are_closed_in_the_end(service):
    source = Told("one")
    source.go.clear()
    quotas = service(source)
    await quotas.report(0.01)
    await quotas.stop()
    assert source.stopped
