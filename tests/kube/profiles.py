"""The profiles that the documentation ships."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import yaml

from hrlab.clusters.profiles.parse import read_profile

PROFILES = Path(__file__).resolve().parents[2] / "docs" / "profiles"


def shipped(name: str, namespace: str):
    """An example of docs/profiles, in the namespace of the tests."""
    value = yaml.safe_load((PROFILES / f"{name}.yaml").read_text())["profiles"][name]
    profile = read_profile(name, value)
    template = {**profile.template, "namespace": namespace}
    return dataclasses.replace(profile, template=template)
