"""All away: what the template says, what becomes of the resource, and who lost a port of the forwarder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hrlab.clusters
from hrlab.clusters.kubernetes.conditions import pod_reason
from hrlab.clusters.kubernetes.in_container import packed, tunnel
from hrlab.clusters.kubernetes.manifest import with_numbered_ports
from hrlab.clusters.kubernetes.offload import away_of, end_reason, problem_of, taken_ports
from hrlab.clusters.kubernetes.port_conflicts import lost_its_port
from hrlab.clusters.kubernetes.status import ClusterObjects
from tests.clusters.kubernetes.manifests import AWAY, LABELS, container, resource
from tests.clusters.kubernetes.objects import ended_with


def told(made, part):
    env = {item["name"]: item["value"] for item in container(made, part)["env"]}
    return json.loads(env["HRLAB_TUNNEL"])


def service(name, made, *ports, selector=LABELS):
    spec = {"selector": selector, "ports": [{"port": port} for port in ports]}
    return {"metadata": {"name": name, "creationTimestamp": made}, "spec": spec}


def test_a_site_may_name_the_tunnel_by_its_old_path(tmp_path):
    """Profiles of sites have ``program: [python, .../hrlab/clusters/delivered/tunnel.py]``."""
    old = Path(hrlab.clusters.__file__).parent / "delivered" / "tunnel.py"
    new = Path(tunnel.__file__)
    environment = {"HRLAB_TUNNEL": "{}", "PATH": os.environ["PATH"]}
    by_old, by_new = (
        subprocess.run(
            [sys.executable, str(path), "scheduler", sys.executable, "-c", "print('started')"],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        for path in (old, new)
    )
    assert by_new.stderr or by_new.stdout
    assert (by_old.returncode, by_old.stdout) == (by_new.returncode, by_new.stdout)
    assert by_old.stderr.splitlines()[-1:] == by_new.stderr.splitlines()[-1:]


def test_the_service_selects_the_forwarder_and_needs_no_patched_crd():
    made = resource()
    assert made["spec"]["scheduler"]["service"] == {
        "type": "ClusterIP",
        "selector": LABELS,
        "ports": [
            {"name": "tcp-comm", "protocol": "TCP", "port": 8001},
            {"name": "http-dashboard", "protocol": "TCP", "port": 8003},
        ],
    }
    assert with_numbered_ports(made) == made


def test_programs_of_the_tunnel_run_what_would_run_without():
    made = resource()
    for part in ("scheduler", "worker"):
        words = container(made, part)["args"]
        assert words[:5] == ["python", "-c", packed("tunnel"), part, "dask"]
        assert told(made, part)["listen"] == [8001, 8003]
        assert told(made, part)["user"] == "alice@example.org"
    assert "readinessProbe" not in container(made, "scheduler")
    assert tunnel.PLACE in container(made, "worker")["args"]
    assert told(made, "worker")["scheduler"] == ["zee-1-k3x9-scheduler.jhub", 8003]


def test_the_program_may_be_where_the_site_has_it():
    made = resource({**AWAY, "program": ["python", "/cvmfs/tunnel.py"]})
    assert container(made, "worker")["args"][:3] == ["python", "/cvmfs/tunnel.py", "worker"]


def test_a_credential_comes_by_a_secret_of_hrlab_or_of_the_site_or_in_clear_if_asked():
    made = resource()
    (volume,) = made["spec"]["worker"]["spec"]["volumes"]
    assert volume["secret"]["secretName"] == "zee-1-k3x9-hrlab"
    assert told(made, "worker")["secret_file"] == "/var/run/hrlab/delivered/tunnel"
    made = resource({**AWAY, "password": {"secret": "tunnels", "key": "alice"}})
    (volume,) = made["spec"]["worker"]["spec"]["volumes"]
    assert volume["secret"] == {"secretName": "tunnels"}
    assert told(made, "scheduler")["secret_file"] == "/var/run/hrlab/tunnel/alice"
    made = resource({**AWAY, "in_clear": True}, in_clear="s3cret")
    assert told(made, "worker")["secret"] == "s3cret"
    assert "volumes" not in made["spec"]["worker"]["spec"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"forwader": "x:1"}, "unknown key forwader"),
        ({"host_key": ""}, "needs host_key"),
        ({"forwarder": "hub.example.org"}, "an address with a port"),
        ({"ports": [9, 8]}, "two numbers"),
        ({"selector": "ssh-fwd"}, "must be labels"),
        ({"private_key": {"file": "~/.ssh/id"}}, "either a password or a private_key"),
        ({"password": "s3cret"}, "needs a source"),
    ],
)
def test_what_is_wrong_is_said(changes, said):
    assert said in problem_of({"away": {**AWAY, **changes}})
    assert problem_of({"away": AWAY}) == ""


def test_it_does_not_go_together_with_workers_away():
    assert "take one of them" in problem_of({"away": AWAY, "published_ports": [1, 2]})
    worker = {"scheduler_address": "tcp://a:1"}
    assert "they ask for it" in problem_of({"away": AWAY, "worker": worker})


def test_ports_are_taken_by_services_of_the_same_forwarder():
    away = away_of(AWAY and {"away": AWAY}, "alice")
    services = [service("a", "", 8000, 8002), service("b", "", 8001, selector={"app": "x"})]
    assert taken_ports(services, away) == {8000, 8002}


def test_of_two_that_took_one_port_the_younger_lost():
    old = service("old", "2026-01-01T00:00:00Z", 8000, 8001)
    young = service("young", "2026-01-01T00:00:01Z", 8001, 8002)
    assert lost_its_port(ClusterObjects(resource={}, service=young), [old, young])
    assert not lost_its_port(ClusterObjects(resource={}, service=old), [old, young])
    apart = service("apart", "2026-01-01T00:00:02Z", 8003)
    assert not lost_its_port(ClusterObjects(resource={}, service=apart), [old, young, apart])


def test_the_forwarders_refusal_of_a_port_is_known_by_the_end_of_the_program():
    assert lost_its_port(ClusterObjects(resource={}, pods=(ended_with(tunnel.TAKEN),)), [])
    assert not lost_its_port(ClusterObjects(resource={}, pods=(ended_with(tunnel.REFUSED),)), [])


def test_the_end_of_the_program_is_put_into_words():
    assert "rejected the tunnel's credential" in pod_reason(ended_with(tunnel.REFUSED), "scheduler")
    assert "needs asyncssh" in end_reason(tunnel.NO_ASYNCSSH)
    plain = ended_with(tunnel.REFUSED)
    plain["spec"]["containers"][0]["env"] = []
    assert "exit code 97" in pod_reason(plain, "scheduler")


def test_where_a_scheduler_listens_is_read_from_its_file(tmp_path):
    file = tmp_path / "scheduler.json"
    assert tunnel.scheduler_ports(file) == []
    file.write_text('{"address": "tls://10.0.0.7:40001", "services": {"dashboard": 40002}}')
    assert tunnel.scheduler_ports(file) == [("10.0.0.7", 40001), ("10.0.0.7", 40002)]
