"""Kinds that are watched from the start."""

from __future__ import annotations

import json

from hrlab.clusters.registry import kinds_left


def test_where_nothing_was_left_nothing_is_watched(tmp_path):
    assert kinds_left(tmp_path / "runtime", tmp_path / "data") == []
    (tmp_path / "runtime" / "hrlab-clusters").mkdir(parents=True)
    assert kinds_left(tmp_path / "runtime", tmp_path / "data") == []


def test_a_hosts_directory_and_a_cluster_in_kubernetes_tell(tmp_path):
    (tmp_path / "server" / "hrlab-clusters" / "zee-1").mkdir(parents=True)
    kept = tmp_path / "data" / "hrlab" / "kubernetes.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"closing": {}, "clusters": {"zee-2": "0a1b"}}))
    assert kinds_left(tmp_path / "server", tmp_path / "data") == ["process", "kubernetes"]
    kept.write_text(json.dumps({"closing": {}, "clusters": {}}))
    assert kinds_left(tmp_path / "server", tmp_path / "data") == ["process"]
