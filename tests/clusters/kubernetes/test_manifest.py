"""The DaskCluster resource that a profile's template makes."""

from __future__ import annotations

import json
from dataclasses import replace

import dask.config
import pytest

from hrlab.clusters.kubernetes.manifest import (
    combined,
    node_ports,
    owner_label,
    problem_of,
    profile_label,
    published_ports,
    resource_of,
    with_numbered_ports,
)
from hrlab.model.cluster import ID
from hrlab.model.errors import InvalidRequestError
from hrlab.model.options import Option
from hrlab.model.profile import Deliver, Profile
from tests.clusters.kubernetes.manifests import VALUES, container, plan


def test_worker_gets_what_the_options_say_with_quantities_as_text():
    resource = resource_of(plan(), "jhub")
    worker = container(resource, "worker")
    assert resource["spec"]["worker"]["replicas"] == 3
    assert worker["image"] == "lab:1"
    assert worker["resources"]["limits"] == {"cpu": "2", "memory": "2147483648"}
    assert worker["resources"]["requests"] == worker["resources"]["limits"]
    assert worker["args"] == [
        "dask",
        "worker",
        "--name",
        "$(DASK_WORKER_NAME)",
        "--nthreads",
        "2",
        "--memory-limit",
        "2147483648",
    ]


def test_executables_of_old_images_are_called_as_the_template_says():
    template = {
        "image": "old",
        "scheduler": {"command": ["dask-scheduler"], "arguments": ["--port", "8786"]},
        "worker": {"command": ["dask-worker"]},
    }
    resource = resource_of(plan(template), "jhub")
    words = container(resource, "scheduler")["args"]
    assert words == ["dask-scheduler", "--host", "0.0.0.0", "--port", "8786"]
    assert container(resource, "worker")["args"][0] == "dask-worker"


def test_what_finds_it_again_is_in_labels_and_annotations_and_the_owner_is_not_readable():
    metadata = resource_of(plan(), "jhub")["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("zee-1-k3x9", "jhub")
    assert metadata["labels"] == {
        "hrlab/owner": owner_label("alice@example.org"),
        "hrlab/profile": "p",
    }
    assert metadata["annotations"]["hrlab/name"] == "zee-1"
    assert json.loads(metadata["annotations"]["hrlab/options"]) == VALUES
    assert "alice" not in json.dumps(metadata)
    assert ID.fullmatch(metadata["name"])


def test_a_name_that_no_label_takes_is_hashed():
    profile = Profile(name="größe/1", kind="kubernetes", template={})
    assert profile_label(profile) == owner_label("größe/1")


def test_target_ports_come_as_names_or_as_numbers():
    resource = resource_of(plan(), "jhub")
    names = [port["targetPort"] for port in resource["spec"]["scheduler"]["service"]["ports"]]
    assert names == ["tcp-comm", "http-dashboard"]
    numbered = with_numbered_ports(resource)["spec"]["scheduler"]["service"]["ports"]
    assert [port["targetPort"] for port in numbered] == [8786, 8787]
    assert names == ["tcp-comm", "http-dashboard"]


def test_common_parts_go_into_both_pods_and_lists_are_joined():
    template = {
        "image": "lab:1",
        "environment": {"A": "1"},
        "pod": {"tolerations": [{"key": "a"}]},
        "worker": {
            "environment": {"B": 2},
            "pod": {"tolerations": [{"key": "b"}], "nodeSelector": {"site": "x"}},
        },
    }
    spec = resource_of(plan(template, deliver=Deliver(environment={"C": "3"})), "jhub")["spec"]
    assert spec["scheduler"]["spec"]["tolerations"] == [{"key": "a"}]
    assert spec["worker"]["spec"]["tolerations"] == [{"key": "a"}, {"key": "b"}]
    assert spec["worker"]["spec"]["nodeSelector"] == {"site": "x"}
    env = {one["name"]: one["value"] for one in spec["worker"]["spec"]["containers"][0]["env"]}
    assert env.items() >= {"A": "1", "B": "2", "C": "3"}.items()


def told_by_dask(environment):
    """What Dask's configuration says of the cluster in a process with that environment."""
    return dask.config.get("hrlab.cluster", None, config=dask.config.collect_env(environment))


@pytest.mark.parametrize("name", ["zee 1", "2024", "1e5", "none", "it's $(HOME) \\ größe"])
def test_the_scheduler_alone_is_told_which_cluster_it_is(name):
    asked = replace(plan(), name=name)
    env = {
        part: {
            one["name"]: one["value"] for one in container(resource_of(asked, "jhub"), part)["env"]
        }
        for part in ("scheduler", "worker")
    }
    assert told_by_dask(env["scheduler"]) == {"id": "zee-1-k3x9", "name": name, "profile": "p"}
    assert told_by_dask(env["worker"]) is None
    # Kubernetes would put values in such places.
    assert not [value for value in env["scheduler"].values() if "$(" in value]


def test_bounds_make_a_cluster_that_begins_with_the_fewest_workers():
    resource = resource_of(plan({"image": "x"}, {"minimum": 2, "maximum": 9}), "jhub")
    assert resource["spec"]["worker"]["replicas"] == 2
    assert resource["metadata"]["annotations"]["hrlab/bounds"] == "2-9"


def test_an_idle_limit_is_the_operators():
    assert resource_of(plan(idle_seconds=60.0), "jhub")["spec"]["idleTimeout"] == 60
    assert "idleTimeout" not in resource_of(plan(), "jhub")["spec"]


def test_a_published_port_is_the_services_and_what_workers_are_told():
    worker = {"scheduler_address": "tcp://access.example.org:$(PORT)"}
    template = {"image": "x", "published_ports": [31000, 31001], "worker": worker}
    asked = plan(template)
    assert published_ports(asked.profile) == range(31000, 31002)
    spec = resource_of(asked, "jhub", 31001)["spec"]
    service = spec["scheduler"]["service"]
    assert (service["type"], service["ports"][0]["nodePort"]) == ("NodePort", 31001)
    assert spec["worker"]["spec"]["containers"][0]["args"][2] == "tcp://access.example.org:31001"
    assert node_ports([{"spec": service}]) == {31001}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"template": {"imgae": "x"}}, "unknown key imgae"),
        ({"template": {"worker": {"thread": 1}}}, "unknown key worker.thread"),
        ({"template": {"worker": "many"}}, "no mapping under worker"),
        ({"template": {"published_ports": 31000}}, "must be two numbers"),
        ({"deliver": Deliver(setup="m.f")}, "must be package.module:function"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(changes, said):
    asked = plan(**changes)
    assert said in problem_of(asked.profile)
    with pytest.raises(InvalidRequestError, match=said):
        resource_of(asked, "jhub")


def test_a_place_that_nothing_fills_is_named():
    options = {"image": Option(type="string", default="x")}
    with pytest.raises(InvalidRequestError, match="uses size"):
        resource_of(plan({"image": "{size}"}, options=options), "jhub")


def test_mappings_are_joined_and_everything_else_is_replaced():
    joined = combined({"a": {"b": 1, "c": [1]}, "d": 1}, {"a": {"c": [2]}, "d": None})
    assert joined == {"a": {"b": 1, "c": [1, 2]}, "d": None}
