"""What a site has configured, read without its server."""

from __future__ import annotations

import logging

import pytest

from hrlab.quota.site_config import site_of

LOG = logging.getLogger("hrlab.tests")
SITE = """
profiles:
  farm: {kind: process, template: {class: distributed.LocalCluster}}
quotas:
  each: {workers: 2}
"""


@pytest.fixture
def configure(monkeypatch, tmp_path):
    """Writes the server's configuration; nobody else's is read."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "")
    monkeypatch.setenv("JUPYTERHUB_USER", "alice")
    monkeypatch.delenv("JUPYTERHUB_GROUPS", raising=False)

    def configure_(text, name="jupyter_server_config.py"):
        (tmp_path / name).write_text(text, encoding="utf-8")

    return configure_


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(SITE, encoding="utf-8")
    return path


def amounts(site):
    return {one.name: dict(one.amounts) for one in site.limits.usable}


def test_a_bare_machine_has_its_local_profile_and_no_limits(configure):
    site = site_of(None, LOG)
    assert list(site.profiles.usable) == ["local"]
    assert amounts(site) == {}


def test_profiles_file_and_limits_are_those_of_the_servers_configuration(configure, file):
    configure(
        f"c.HRLab.profiles_file = {str(file)!r}\n"
        "c.HRLab.quotas.update({'each': {'workers': 3}, 'physicists': {'cores': 4, 'groups': ['phys']}})\n"
        "c.HRLab.groups = lambda user: {'alice': ['phys']}[user]\n"
    )
    site = site_of(None, LOG)
    assert list(site.profiles.usable) == ["farm"]
    assert amounts(site) == {"each": {"workers": 3}, "physicists": {"cores": 4}}


def test_limits_of_the_configuration_hold_beside_those_of_a_file_that_is_named(configure, file):
    configure(
        '{"HRLab": {"quotas": {"each": {"workers": 9}, "more": {"clusters": 1}}}}',
        "jupyter_hrlab_config.json",
    )
    assert amounts(site_of(file, LOG)) == {"each": {"workers": 2}, "more": {"clusters": 1}}


def test_what_is_broken_is_told_and_the_rest_holds(configure, caplog):
    configure('c.HRLab.quotas = {"a": {"cores": 1}, "b": {"profiles": ["nix"], "cores": 1}}')
    assert amounts(site_of(None, LOG)) == {"a": {"cores": 1}}
    assert "unknown profile `nix`" in caplog.text
