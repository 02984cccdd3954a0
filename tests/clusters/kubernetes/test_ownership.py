"""Whose a cluster in Kubernetes is: what is signed, and what is believed."""

from __future__ import annotations

import asyncio
import copy
import logging
import stat
import sys

import pytest

from hrlab.clusters.kubernetes.informers import with_ids
from hrlab.clusters.kubernetes.manifest import OWNER, owner_label, resource_of
from hrlab.clusters.kubernetes.ownership import (
    SIGNATURE,
    Ownership,
    read_key,
    sign,
    signed_uid,
)
from hrlab.clusters.kubernetes.status import ClusterObjects
from hrlab.clusters.kubernetes.summary import Summaries
from tests.clusters.kubernetes.manifests import plan

LOG = logging.getLogger("hrlab.tests")
ALICE = "alice@example.org"
KEY = bytes(32)
NAME = "zee-1-k3x9"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hrlab" / "kubernetes.key"


@pytest.fixture
def server(path):
    """Makes servers of one home."""

    def make(owner=ALICE, path=path):
        made = Ownership(owner, path, LOG)
        made.load()
        return made

    return make


def cluster(signature=None, *, uid="uid-1", namespace="jhub", name=NAME):
    made = resource_of(plan(), namespace)
    made["metadata"].update(uid=uid, name=name, creationTimestamp="2026-01-01T00:00:00Z")
    if signature is not None:
        made["metadata"]["annotations"][SIGNATURE] = signature
    return made


def made_by(server, uid="uid-1"):
    """A cluster that a server has made and signed."""
    made = cluster(server.start("jhub", NAME), uid=uid)
    server.made(NAME, uid)
    made["metadata"]["annotations"][SIGNATURE] = server.missing(made)
    return made


@pytest.mark.parametrize(
    "other",
    [
        {"key": bytes(31) + b"1"},
        {"owner": "bob"},
        {"namespace": "elsewhere"},
        {"name": "zee-2"},
    ],
)
def test_a_signature_is_for_one_object_of_one_user(other):
    place = {"key": KEY, "owner": ALICE, "namespace": "jhub", "name": NAME}
    for uid in ("uid-1", ""):
        signature = sign(**place, uid=uid)
        assert signed_uid(**place, signature=signature) == uid
        assert signed_uid(**{**place, **other}, signature=signature) is None


@pytest.mark.parametrize("odd", ["", ":", "uid-1:", "uid-1", "uid-1:é", ":" * 1000, "\x00"])
def test_an_odd_signature_fits_nothing(odd):
    assert signed_uid(KEY, ALICE, "jhub", NAME, odd) is None


def test_another_uid_can_not_be_put_before_a_signature():
    code = sign(KEY, ALICE, "jhub", NAME, "uid-1").partition(":")[2]
    assert signed_uid(KEY, ALICE, "jhub", NAME, f"uid-2:{code}") is None
    assert signed_uid(KEY, ALICE, "jhub", NAME, f":{code}") is None


def test_the_label_alone_makes_no_cluster_anybodys(server):
    alice = server()
    forged = cluster()
    assert forged["metadata"]["labels"][OWNER] == owner_label(ALICE)
    assert not alice.is_mine(forged)
    assert alice.is_claimed(forged)
    assert alice.missing(forged) is None
    bob = server("bob")
    assert not bob.is_claimed(forged)


def test_a_cluster_is_known_to_all_servers_of_the_home_and_to_no_other(server, tmp_path):
    made = made_by(server())
    assert server().is_mine(made)
    assert not server().is_claimed(made)
    other = server(path=tmp_path / "lost" / "kubernetes.key")
    assert (other.is_mine(made), other.is_claimed(made)) == (False, True)


def test_what_takes_the_place_of_a_cluster_is_not_the_users(server):
    alice = server()
    made = made_by(alice)
    alice.learn([made])
    replayed = copy.deepcopy(made)
    replayed["metadata"]["uid"] = "uid-2"
    assert not alice.is_mine(replayed)
    first = cluster(sign(alice._key, ALICE, "jhub", NAME), uid="uid-2")
    assert not alice.is_mine(first)
    later = server()
    later.restore(alice.noted)
    assert not later.is_mine(first)
    alice.learn([replayed, first])
    assert alice.noted == {NAME: "uid-1"}


def test_a_cluster_is_the_users_before_the_api_has_answered_and_signed_after_it(server):
    alice = server()
    there = cluster(alice.start("jhub", NAME))
    alice.learn([there])
    assert alice.is_mine(there)
    assert alice.missing(there) is None  # the answer may be about another
    alice.made(NAME, "uid-2")
    assert not alice.is_mine(there)
    alice.made(NAME, "uid-1")
    assert signed_uid(alice._key, ALICE, "jhub", NAME, alice.missing(there)) == "uid-1"


def test_the_next_server_signs_what_one_that_was_killed_had_begun(server):
    killed = server()
    there = cluster(killed.start("jhub", NAME))
    assert not server().is_mine(there)  # without the note in the home
    after = server()
    after.restore(killed.noted)
    after.learn([cluster(), there])
    assert after.is_mine(there)
    assert after.missing(there)
    assert after.noted == {NAME: "uid-1"}


def test_whoever_strips_label_or_signature_takes_no_cluster_from_a_server_that_knows_it(server):
    alice = server()
    made = made_by(alice)
    alice.learn([made])
    bare = copy.deepcopy(made)
    bare["metadata"].update(labels={OWNER: owner_label("bob")}, annotations={})
    assert alice.is_mine(bare)
    assert alice.missing(bare) == made["metadata"]["annotations"][SIGNATURE]


def test_notes_of_clusters_that_are_gone_are_dropped(server):
    alice = server()
    alice.restore({NAME: "", "gone": "", "closed": "uid-3"})
    alice.discard([NAME])
    assert alice.noted == {NAME: ""}
    alice.learn([cluster(sign(alice._key, ALICE, "jhub", "gone"), name="gone")])
    assert alice.noted == {NAME: ""}


def test_a_worker_group_is_the_users_by_the_signature_that_was_copied_to_it(server):
    alice = server()
    first, made = alice.start("jhub", NAME), made_by(alice)
    for signature in (first, made["metadata"]["annotations"][SIGNATURE]):
        group = cluster(signature, uid="uid-9", name=f"{NAME}-default")
        group["spec"] = {"cluster": NAME}
        assert alice.made_group(group)
        group["spec"] = {"cluster": "zee-2"}
        assert not alice.made_group(group)
    group = cluster(name=f"{NAME}-default")
    group["spec"] = {"cluster": NAME}
    assert not alice.made_group(group)


def test_a_cluster_that_took_the_name_of_the_users_hides_it_in_no_namespace(server):
    alice = server()
    mine = ClusterObjects(resource=made_by(alice))
    for home in ("jhub", "elsewhere"):
        forged = ClusterObjects(resource=cluster(uid="uid-2", namespace="elsewhere"))
        for found in ([mine, forged], [forged, mine]):
            assert with_ids(found, home, alice.is_mine) == {NAME: mine, f"{NAME}.elsewhere": forged}


def test_a_cluster_that_only_says_that_it_is_the_users_is_shown_as_anothers_with_the_reason(server):
    views = Summaries(ALICE, {}, server())
    seen = views.view(NAME, ClusterObjects(resource=cluster()), 0.0)
    assert (seen.mine, seen.owner) == (False, None)
    assert seen.reason.startswith("It is labelled as yours, but not signed")


def test_the_key_is_made_once_for_its_owner_only(path):
    key = read_key(path)
    assert (len(key), stat.S_IMODE(path.stat().st_mode)) == (32, 0o600)
    assert read_key(path) == key
    assert [one.name for one in path.parent.iterdir()] == [path.name]


async def test_servers_that_begin_at_once_have_one_key(path):
    """Several processes, before there is a key."""
    program = (
        "import sys; from pathlib import Path; from hrlab.clusters.kubernetes.ownership import read_key\n"
        "sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline()\n"
        "print(read_key(Path(sys.argv[1])).hex())"
    )
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    servers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path), **pipes)
        for _ in range(4)
    ]
    for one in servers:
        assert await one.stdout.readline() == b"ready\n"
    said = await asyncio.gather(*(one.communicate(b"go\n") for one in servers))
    assert {out.decode().strip() for out, _ in said} == {path.read_text()}


@pytest.mark.parametrize("damaged", ["", "00" * 31, "no key", "\xff"])
def test_a_key_that_is_damaged_is_said_and_not_replaced(path, server, caplog, damaged):
    path.parent.mkdir()
    path.write_text(damaged, encoding="latin-1")
    alice = server()
    assert alice.is_mine(made_by(alice))
    assert not server().is_mine(made_by(alice))
    assert "will not be recognized as yours" in caplog.text
    assert str(path) in caplog.text
    assert path.read_text(encoding="latin-1") == damaged


def test_where_no_key_can_be_kept_clusters_are_the_users_as_long_as_the_server_lives(
    tmp_path, server, caplog
):
    (tmp_path / "hrlab").write_text("a file where the folder would be")
    alice = server()
    assert alice.is_mine(made_by(alice))
    assert "will not be recognized as yours" in caplog.text
