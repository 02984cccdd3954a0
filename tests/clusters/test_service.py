"""Whatever is asked of clusters is answered or refused in words, and remembered as it should be."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hrlab.clusters.admission.usage import usage_of
from hrlab.clusters.idempotency import KEPT_SECONDS, MAX_KEYS, Idempotency
from hrlab.clusters.kernel_python import NoLocalPythonError, python_of
from hrlab.clusters.profiles.load import Profiles, load_profiles
from hrlab.clusters.profiles.validate import check, check_target
from hrlab.clusters.registry import Registry
from hrlab.clusters.requests import free_name, new_id
from hrlab.clusters.service import ClusterService
from hrlab.clusters.start_times import KEPT, StartTimes
from hrlab.model.cluster import ID, Cluster, ClusterRequest, DryRun, Target, WorkerCount
from hrlab.model.errors import ConflictError, ForbiddenError, InvalidRequestError, MalformedError
from hrlab.model.wire import encode
from tests.clusters.pretended import PretendedClusters

PROFILES = {
    "zee": {
        "kind": "process",
        "template": {"class": "x.Y"},
        "options": {
            "workers": {"type": "integer", "default": 4, "minimum": 0, "maximum": 100},
            "minimum": {"type": "integer", "default": 0, "minimum": 0, "maximum": 100},
            "maximum": {"type": "integer", "default": 10, "minimum": 0, "maximum": 100},
            "adapt": {"type": "boolean", "default": True},
            "cores": {"type": "number", "default": 1, "minimum": 0.5, "maximum": 8},
            "memory": {"type": "memory", "default": "1 GiB", "maximum": "16 GiB"},
            "site": {"type": "choice", "default": "a", "choices": ["a", "b", 1, True]},
            "tag": {"type": "string", "default": ""},
        },
        "limits": {"workers": 50, "cores": 100, "clusters": 3},
    }
}
ZEE = load_profiles(PROFILES, None, {}).usable["zee"]


async def this_python(name):
    if name not in (None, "python3"):
        raise NoLocalPythonError("it is pretended")
    return "python3", sys.executable


def service_of(kind: PretendedClusters, profiles: Profiles | None = None) -> ClusterService:
    return ClusterService(
        profiles or load_profiles(PROFILES, None, {}),
        {"process": kind.maker},
        owner="alice",
        find_kernel=this_python,
        starts=StartTimes(None),
        log=logging.getLogger("test"),
    )


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["zee", "2 GiB", "x" * 600, 2**70, -1, 1e308]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
some_options = st.dictionaries(
    st.sampled_from([*PROFILES["zee"]["options"], "worker"]) | st.text(max_size=5),
    json_values | st.integers(0, 20),
    max_size=4,
)
fields = st.sampled_from(
    ["profile", "name", "options", "idempotency_key", "dry_run", "kernel", "x"]
)
bodies = json_values | st.dictionaries(fields, json_values | some_options).flatmap(
    lambda body: st.sampled_from([body, {**body, "profile": "zee"}])
)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies)
def test_any_body_makes_a_cluster_or_is_refused_in_words(body):
    async def ask() -> None:
        kind = PretendedClusters()
        service = service_of(kind)
        try:
            made = await service.create(body)
        except (MalformedError, InvalidRequestError, ConflictError) as error:
            assert error.message.endswith((".", "?")), error.message  # noqa: PT017
            assert len(json.dumps(encode(error.detail))) < 5000  # noqa: PT017
            assert kind.plans == []
        else:
            assert isinstance(made, (Cluster, DryRun))
            assert ID.fullmatch(kind.plans[0].id) if kind.plans else isinstance(made, DryRun)
            json.dumps(encode(made))
        finally:
            await service.stop()

    asyncio.run(ask())


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    json_values
    | st.dictionaries(st.sampled_from(["workers", "minimum", "maximum", "extend"]), json_values)
)
def test_any_change_is_done_or_refused_in_words(body):
    async def ask() -> None:
        service = service_of(PretendedClusters())
        made = await service.create({"profile": "zee"})
        assert isinstance(made, Cluster)
        try:
            changed = await service.change(made.id, body)
        except (MalformedError, InvalidRequestError, ConflictError) as error:
            assert error.message  # noqa: PT017
        else:
            assert 0 <= changed.workers.asked <= 100
        finally:
            await service.stop()

    asyncio.run(ask())


def asked(**options):
    return check(ClusterRequest(profile="zee", options=options), ZEE, ())


def test_default_number_of_workers_gives_way_to_bounds_and_an_asked_one_does_not():
    assert asked(minimum=6).options["workers"] == 6
    assert asked(maximum=2).options["workers"] == 2
    assert asked(workers=20).refusals == ()
    assert asked(workers=1, minimum=2).refusals[0].message == "workers must be from 2 to 10, not 1."
    assert asked(workers=1, minimum=2, adapt=False).refusals == ()
    assert "must not be above" in asked(minimum=8, maximum=4).refusals[0].message


def test_limits_count_the_most_workers_that_a_cluster_may_come_to_have():
    assert asked(workers=4, maximum=51).refusals[0].limit == "workers"
    assert asked(workers=4, maximum=51, adapt=False).refusals == ()
    (refusal,) = asked(maximum=40, cores=4).refusals
    assert (refusal.limit, refusal.asked, refusal.left) == ("cores", 160, 100)
    assert "Ask for at most 25 workers" in refusal.message


def test_size_of_a_running_cluster_is_limited_by_what_its_workers_really_have():
    running = Cluster(
        id="a", name="a", kind="process", profile="zee", owner=None, created_by="hrlab",
        state="ready", since_at=0, created_at=0, cores=8, workers=WorkerCount(asked=2, ready=2),
    )  # fmt: skip
    assert check_target(Target(workers=25), ZEE, running).refusals == ()
    (refusal,) = check_target(Target(workers=26), ZEE, running).over_limit
    assert refusal.limit == "cores"


def test_ids_tell_the_name_and_are_fit_for_kubernetes():
    def always(_letters):
        return "x"

    assert new_id("Zee 100 %", always) == "zee-100-xxxxxx"
    assert new_id("2nd", always) == "c-2nd-xxxxxx"
    assert new_id("été", always) == "ete-xxxxxx"
    assert new_id("中文", always) == "c-xxxxxx"
    assert len(new_id("x" * 100)) == 53
    assert new_id("zee") != new_id("zee")
    assert free_name("zee", {"zee", "zee-2"}) == "zee-3"


@given(st.text(max_size=80))
def test_any_name_gives_an_id(name):
    assert ID.fullmatch(new_id(name))
    assert new_id(name)[0].isalpha()


async def test_who_gives_up_waiting_does_not_stop_the_start_for_others():
    once: Idempotency[int] = Idempotency()
    go, made = asyncio.Event(), []

    async def make():
        await go.wait()
        made.append(1)
        return len(made)

    first = asyncio.ensure_future(once.once("k", "a", make))
    second = asyncio.ensure_future(once.once("k", "a", make))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    assert await second == 1
    with pytest.raises(ConflictError):
        await once.once("k", "b", make)


async def test_keys_are_forgotten_after_a_day_and_when_there_are_many():
    now = [0.0]
    once: Idempotency[str] = Idempotency(lambda: now[0])

    async def make():
        return "made"

    for number in range(MAX_KEYS + 10):
        await once.once(str(number), number, make)
    assert len(once._answered) <= MAX_KEYS + 1
    now[0] = KEPT_SECONDS + 1
    await once.once("new", 0, make)
    assert list(once._answered) == ["new"]


def test_starts_are_kept_and_a_spoilt_file_is_only_forgotten(tmp_path):
    path = tmp_path / "hrlab" / "starts.json"
    starts = StartTimes(path)
    assert starts.usual_seconds("a") is None
    for seconds in range(KEPT + 5):
        starts.add("a", seconds)
    again = StartTimes(path)
    again.load()
    assert again.usual_seconds("a") == 14.5
    for text in ("{", "[]", '{"a": 3}', '{"a": ["x", -1, true, 1e999, 7]}'):
        path.write_text(text)
        spoilt = StartTimes(path)
        spoilt.load()
        assert spoilt.usual_seconds("a") in (None, 7)
    path.unlink()
    path.mkdir()  # cannot be written
    again.add("a", 3)


def spec(*argv, language="python", **more):
    return SimpleNamespace(argv=list(argv), language=language, env={}, metadata={}, **more)


def test_only_a_python_of_this_machine_is_taken(tmp_path):
    kernel = ("-m", "ipykernel_launcher", "-f", "{connection_file}")
    assert python_of(spec("python3", *kernel)) == sys.executable
    assert python_of(spec(sys.executable, "-Xfrozen_modules=off", *kernel)) == sys.executable
    gone = str(tmp_path / "bin" / "python3.11")
    remote = spec("python3", *kernel)
    remote.metadata = {"kernel_provisioner": {"provisioner_name": "yarn"}}
    for wrong, why in (
        (spec("R", language="R"), "its language is R"),
        (spec("ssh", "host", "python3", *kernel), "'ssh'"),
        (spec(gone, *kernel), "does not exist or is not executable"),
        (spec("python3", "-m", "remote_ikernel", "{connection_file}"), "'remote_ikernel'"),
        (spec("python3", "launch.py"), "'launch.py'"),
        (spec(), "no command"),
        (remote, "the provisioner yarn"),
    ):
        with pytest.raises(NoLocalPythonError, match=why):
            python_of(wrong)


async def test_kind_that_failed_is_tried_again_later_and_one_that_is_slow_holds_up_no_list(
    monkeypatch, caplog
):
    monkeypatch.setattr("hrlab.clusters.registry.LIST_SECONDS", 0.01)
    monkeypatch.setattr("hrlab.clusters.registry.AGAIN_SECONDS", 0)
    good, bad, hang = PretendedClusters(), PretendedClusters(), asyncio.Event()
    bad.fails_to_start = RuntimeError("surprise of the inside")
    good.add("a")

    async def slow():
        await hang.wait()
        return PretendedClusters()

    told: list[list[str]] = []
    makers = {"bad": bad.maker, "good": good.maker, "slow": slow}
    kinds = Registry(makers, lambda ids: told.append(list(ids)), logging.getLogger())
    await kinds.start_all()
    assert [cluster.id for cluster, _ in kinds.clusters()] == ["a"]
    problems = kinds.problems()
    assert "surprise" not in problems["bad"]
    assert "Still looking for" in problems["slow"]
    assert "surprise of the inside" in caplog.text
    assert told == [["a"]]
    bad.fails_to_start = None
    hang.set()
    await kinds.start_all()
    assert kinds.problems() == {}
    assert told == [["a"], []]
    await kinds.stop()
    assert not good.running


async def test_clusters_of_others_are_read_only():
    kind = PretendedClusters()
    service = service_of(kind)
    await service.list()
    kind.add("theirs", mine=False)
    with pytest.raises(ForbiddenError, match="is not known to be yours"):
        await service.close("theirs")
    await service.stop()


async def test_what_is_made_and_what_is_scaled_is_looked_at_again():
    looked = []
    service = service_of(PretendedClusters())
    service.settle = lambda one, _kind, *, grown=False: looked.append((one, grown))
    made = await service.create({"profile": "zee"})
    await service.change(made.id, {"workers": 5})
    assert looked == [(made.id, False), (made.id, True)]
    await service.stop()


async def test_an_api_that_hangs_holds_up_no_click(monkeypatch):
    class Hanging(PretendedClusters):
        async def refused(self, plan):
            await asyncio.Event().wait()

        async def refused_more(self, cluster_id):
            await asyncio.Event().wait()

    monkeypatch.setattr("hrlab.clusters.admission.control.TRIAL_SECONDS", 0.01)
    service = service_of(Hanging())
    made = await service.create({"profile": "zee"})
    changed = await service.change(made.id, {"workers": 20})
    assert changed.workers.asked == 20
    await service.stop()


async def test_another_worker_that_kubernetes_would_not_take_is_refused():
    class Full(PretendedClusters):
        async def refused_more(self, cluster_id):
            return "By quota few 2 pods are allowed."

    service = service_of(Full())
    made = await service.create({"profile": "zee"})
    with pytest.raises(ConflictError, match="would refuse a worker: By quota few"):
        await service.change(made.id, {"workers": 20})
    await service.change(made.id, {"workers": 1})
    await service.stop()


async def test_a_kind_that_cannot_tell_its_clusters_takes_no_other_away(caplog):
    good, odd = PretendedClusters(), PretendedClusters()
    odd.clusters = lambda: [float("x")]
    kinds = Registry(
        {"odd": odd.maker, "process": good.maker}, lambda _: None, logging.getLogger("t")
    )
    good.add("zee")
    await kinds.start_all()
    assert [cluster.id for cluster, _ in kinds.clusters()] == ["zee"]
    assert kinds.find("zee")[1] is good
    assert list(kinds.problems()) == ["odd"]
    assert "Cannot list clusters of kind odd" in kinds.problems()["odd"]
    odd.clusters = list
    assert [cluster.id for cluster, _ in kinds.clusters()] == ["zee"]
    assert kinds.problems() == {}
    await kinds.stop()


async def test_a_cluster_of_an_odd_kind_can_not_keep_others_from_being_made_and_closed():
    good, odd = PretendedClusters(), PretendedClusters()
    odd.clusters = lambda: [float("x")]
    service = service_of(good)
    service._kinds._makers = {"odd": odd.maker, "process": good.maker}
    assert (await service.create({"profile": "zee", "dry_run": True})).allowed
    made = await service.create({"profile": "zee"})
    await service.close(made.id)
    assert not good.known
    await service.stop()


async def test_a_kind_that_cannot_tell_what_its_clusters_hold_takes_no_other_away():
    good, odd = PretendedClusters(), PretendedClusters()
    odd.claims = lambda: [float("x")]
    service = service_of(good)
    service._kinds._makers = {"odd": odd.maker, "process": good.maker}
    odd.add("seen")
    good.add("zee")
    held = await service.held()
    assert {claim.id for claim in held.claims} == {"seen", "zee"}
    assert (await service.create({"profile": "zee", "dry_run": True})).allowed
    assert list(service._kinds.problems()) == ["odd"]
    odd.claims = list
    await service.held()
    assert service._kinds.problems() == {}
    await service.stop()


class Shared(PretendedClusters):
    """A kind in which others make clusters, too; it knows what all of them hold."""

    def claims(self):
        return [self._claim(cluster, {"cores": 100}) for cluster in self.known.values()]


async def test_a_cluster_that_takes_the_id_of_ones_own_hides_neither_it_nor_what_it_holds():
    shared, own = Shared(), PretendedClusters()
    shared.add("zee-1", mine=False, name="forged")
    own.add("zee-1")
    for makers in ({"a": shared.maker, "b": own.maker}, {"b": own.maker, "a": shared.maker}):
        kinds = Registry(makers, lambda _ids: None, logging.getLogger())
        await kinds.start_all()
        assert [(one.name, kind) for one, kind in kinds.clusters()] == [("zee-1", own)]
        assert kinds.find("zee-1")[1] is own
        assert [(one.name, one.mine, one.cores) for one in usage_of(kinds)] == [("zee-1", True, 0)]
        await kinds.stop()
