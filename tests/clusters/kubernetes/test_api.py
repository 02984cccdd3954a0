"""Where clusters of notebooks are looked for though no profile speaks of Kubernetes."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import pytest

from hrlab.clusters.kubernetes.api import is_at_hand


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: SimpleNamespace())


def config(folder, text):
    path = folder / ".kube" / "config"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_a_laptop_without_dask_kubernetes_has_none(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    config(tmp_path, "clusters: []")
    assert not is_at_hand({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path)


def test_a_pod_or_a_kubeconfig_tells(installed, tmp_path):
    assert not is_at_hand({}, tmp_path)
    assert is_at_hand({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path)
    path = config(tmp_path, "clusters: []")
    assert is_at_hand({}, tmp_path)
    assert is_at_hand({"KUBECONFIG": f"/none:{path}"}, tmp_path / "elsewhere")
    assert not is_at_hand({"KUBECONFIG": "/none"}, tmp_path)


def test_nobody_is_asked_to_log_in(installed, tmp_path):
    config(tmp_path, "users: [{user: {exec: {command: login}}}]")
    assert not is_at_hand({}, tmp_path)
