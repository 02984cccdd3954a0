"""What goes to workers in Kubernetes, and what a restarted server remembers."""

from __future__ import annotations

import ast
import json
import stat

import pytest

from hrlab.clusters.kubernetes.delivery import PRELOAD, VARIABLE, read, secret_of, sources_of
from hrlab.clusters.kubernetes.in_container import worker
from hrlab.clusters.kubernetes.manifest import resource_of
from hrlab.model.errors import BackendError
from hrlab.model.profile import Deliver
from tests.clusters.kubernetes.manifests import container, plan


def env(made):
    return {item["name"]: item["value"] for item in container(made, "worker")["env"]}


def test_files_are_mounted_from_a_secret_that_goes_with_the_cluster():
    asked = plan(deliver=Deliver(files={"/home/me/proxy": "/tmp/{cluster_id}"}, setup="a.b:c"))
    made = resource_of(asked, "jhub")
    about = json.loads(env(made)[VARIABLE])
    assert (about["files"], about["setup"]) == ({"file-0": "/tmp/zee-1-k3x9"}, "a.b:c")
    assert sources_of(asked.profile, None) == {"file-0": {"file": "/home/me/proxy"}}
    (mount,) = container(made, "worker")["volumeMounts"]
    assert mount["mountPath"] == about["folder"]
    made["metadata"]["uid"] = "u"
    secret = secret_of(made, {"file-0": b"x"})
    assert secret["metadata"]["ownerReferences"][0]["uid"] == "u"
    assert (
        secret["metadata"]["name"]
        == made["spec"]["worker"]["spec"]["volumes"][0]["secret"]["secretName"]
    )
    assert "proxy" not in json.dumps(made)


def test_a_preload_of_the_sites_own_stays():
    template = {"image": "x", "environment": {PRELOAD: "my_preload"}}
    preloads = ast.literal_eval(env(resource_of(plan(template), "jhub"))[PRELOAD])
    assert preloads[0] == "my_preload"
    assert len(preloads) == 2
    assert " " in preloads[1]  # by this Dask tells a script from the name of a module


def test_nothing_is_mounted_where_nothing_is_delivered():
    made = resource_of(plan(), "jhub")
    assert "volumes" not in made["spec"]["worker"]["spec"]
    assert "volumeMounts" not in container(made, "worker")


def test_a_source_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("HRLAB_NO_SUCH", raising=False)
    with pytest.raises(BackendError, match="HRLAB_NO_SUCH"):
        read({"variable": "HRLAB_NO_SUCH"})
    with pytest.raises(BackendError, match="No such file"):
        read({"file": str(tmp_path / "none")})


def test_copies_are_their_owners_only_and_follow_the_source(tmp_path):
    source, there = tmp_path / "file-0", tmp_path / "deep" / "proxy"
    source.write_bytes(b"1")
    files = worker.Files(str(tmp_path), {"file-0": "deep/proxy"}, str(tmp_path))
    files.place()
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    source.write_bytes(b"2")
    files.poll()
    assert there.read_bytes() == b"2"
    source.unlink()
    files.poll()
    assert there.read_bytes() == b"2"


def test_versions_are_of_what_is_there():
    found = worker.versions(["json", "no_such_package"])
    assert set(found) == {"python", "json"}
