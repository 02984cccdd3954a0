"""A site's profiles: what is wrong is told with its line, and the others work."""

from __future__ import annotations

import dataclasses
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.clusters.profiles.default import local_profile
from hrlab.clusters.profiles.load import Profiles, load_profiles
from hrlab.clusters.profiles.parse import ProfileError, read_profile
from hrlab.model.options import Option
from hrlab.model.profile import Deliver, Limits, Profile
from hrlab.shared.users import groups_of, user_name

EXAMPLES = sorted((Path(__file__).parents[3] / "docs" / "profiles").glob("*.yaml"))

GOOD = """\
profiles:
  zee:
    kind: process
    template: {class: distributed.LocalCluster, arguments: {memory: "{memory}"}}
    options:
      memory: {type: memory, default: 2 GiB, minimum: 256 MiB}
"""


@pytest.fixture
def load(tmp_path):
    def load_(text, **configured) -> Profiles:
        path = tmp_path / "profiles.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return load_profiles(configured, path, {})

    return load_


def reasons(profiles: Profiles) -> dict[str, str]:
    return {broken.name: broken.reason for broken in profiles.broken}


def test_file_is_read_with_amounts_of_memory_as_people_write_them(load):
    profiles = load(GOOD)
    assert profiles.broken == ()
    zee = profiles.usable["zee"]
    assert (zee.label, zee.options["memory"].default) == ("zee", 2 * 1024**3)
    assert zee.options["memory"].minimum == 256 * 1024**2


def test_presets_are_options_as_they_are_used(load):
    profiles = load(GOOD + "    presets: {small: {memory: 1 GiB}, as it is: {}}\n")
    assert profiles.broken == ()
    presets = profiles.usable["zee"].presets
    assert {name: dict(options) for name, options in presets.items()} == {
        "small": {"memory": 1024**3},
        "as it is": {},
    }


def test_broken_profile_is_told_with_its_line_and_the_others_work(load):
    profiles = load(
        GOOD
        + """\
  slurm:
    kind: process
    template: {class: x.Y}
    options:
      workers:
        type: integer
        default: 500
        maximum: 100
"""
    )
    assert list(profiles.usable) == ["zee"]
    assert reasons(profiles) == {
        "slurm": "profiles.yaml, line 13: the default of option `workers` must be at most 100, not 500."
    }


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ("kind: proces\ntemplate: {}", 3, "`kind` must be one of kubernetes, process, address"),
        ("kind: process", 2, "has no field 'template'"),
        ("kind: process\ntemplate: {clas: x.Y}", 4, "unknown key `clas`. Did you mean class?"),
        ("kind: process\ntemplate: {}", 4, "needs a text `class`"),
        ("kind: process\ntemplate: {class: LocalCluster}", 4, "full name of a class"),
        ("kind: address\ntemplate: {dashboard: x}", 4, "needs a text `address`"),
        ("kind: kubernetes\ntemplate: {worker: {imag: x}}", 4, "unknown key worker.imag"),
        ("kind: process\ntemplat: {}", 4, "unknown key `templat`. Did you mean template?"),
        (
            "kind: process\ntemplate: {class: x.Y}\nidle_seconds: soon",
            5,
            "`idle_seconds` must be a number",
        ),
        (
            "kind: process\ntemplate:\n  arguments:\n    b: 'x {worker}'\noptions:\n"
            "  workers: {type: integer, default: 1}",
            6,
            "no such option. Did you mean workers",
        ),
        (
            "kind: process\ntemplate: {class: x.Y}\noptions:\n  w: {type: int, default: 1}",
            6,
            "options.w.type",
        ),
        (
            "kind: process\ntemplate: {class: x.Y}\noptions:\n  w:\n    type: integer",
            6,
            "'default'",
        ),
        (
            "kind: process\ntemplate: {class: x.Y}\noptions:\n  w:\n    type: integer\n    defalt: 1",
            8,
            "`defalt`. Did you mean default",
        ),
        (
            "kind: process\ntemplate: {class: x.Y}\noptions:\n  m: {type: memory, default: 2 Gallons}",
            6,
            "`default` must be an amount of memory such as 2 GiB",
        ),
        (
            "kind: process\ntemplate: {class: x.Y}\noptions:\n  c: {type: choice, default: 1}",
            6,
            "`choices`",
        ),
        (
            "kind: process\ntemplate: {class: x.Y}\noptions:\n  owner: {type: string, default: a}",
            6,
            "set by",
        ),
        (
            "kind: process\ntemplate: {class: x.Y}\nlimits: {cores: 4}",
            5,
            "needs the options `workers` and `cores`",
        ),
        ("kind: process\ntemplate: {class: x.Y}\nlimits: {clusers: 4}", 5, "Did you mean clusters"),
        (
            "kind: process\ntemplate: {class: x.Y}\noptions:\n  workers: {type: integer, default: 5}\n"
            "limits: {workers: 4}",
            7,
            "defaults would be refused: Asked for 5 workers",
        ),
        ("kind: process\ntemplate: {class: x.Y}\ndeliver:\n  file: {}", 6, "Did you mean files"),
        (
            "kind: process\ntemplate: {class: x.Y}\npresets:\n  small: {worker: 5}",
            6,
            "preset `small` would be refused: ",
        ),
    ],
)
def test_what_is_wrong_is_told_with_the_line(load, lines, line, words):
    text = "profiles:\n  zee:\n" + textwrap.indent(lines, "    ")
    reason = reasons(load(text))["zee"]
    assert reason.startswith(f"profiles.yaml, line {line}: "), reason
    assert words in reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profiles: [", "profiles.yaml, line"),
        ("profiles: {}\nprofile: {}", "line 2: unknown key `profile`"),
        ("profiles:\n  a: {}\n  a: {}", "line 3: duplicate key a, first defined in line 2"),
        ("- a", "must be a mapping with the key"),
        ("profiles: 3", "line 1: `profiles` must be a mapping"),
        ("a: &a {b: *a}", "profiles.yaml"),
        ("x: !!python/object/apply:os.system [ls]", "unknown key `x`"),
    ],
)
def test_file_that_is_no_list_of_profiles_is_one_broken_entry(load, text, words):
    profiles = load(text)
    assert profiles.usable == {}
    assert words in reasons(profiles)["profiles.yaml"]


def test_file_that_is_not_there_is_told(tmp_path):
    (broken,) = load_profiles({}, tmp_path / "none.yaml", {}).broken
    assert "cannot be read: No such file" in broken.reason


def test_parts_that_are_written_once_are_used_twice(load):
    profiles = load(
        """\
        profiles:
          a: &a
            kind: process
            template: {class: x.Y}
            options: {workers: {type: integer, default: 1}}
          b:
            <<: *a
            label: Other
          c:
            <<: *a
            kind: nothing
        """
    )
    assert [(p.name, p.label) for p in profiles.usable.values()] == [("a", "a"), ("b", "Other")]
    assert reasons(profiles)["c"].startswith("profiles.yaml, line 11: `kind`")


def test_trait_wins_over_file_and_its_place_is_named(load):
    profiles = load(
        GOOD,
        zee={"kind": "address", "template": {"address": "tcp://a:1"}},
        bad={"kind": "process", "x": 1},
    )
    assert profiles.usable["zee"].kind == "address"
    assert reasons(profiles)["bad"].startswith("HRLab.profiles.bad.x: unknown key `x`.")


def test_profiles_of_groups_are_for_their_members():
    some = {"kind": "process", "template": {"class": "x.Y"}}
    profiles = load_profiles({"all": some, "some": {**some, "groups": ["a", "b"]}}, None, {})
    assert list(profiles.of({"b"}).usable) == ["all", "some"]
    assert list(profiles.of({"c"}).usable) == ["all"]


def test_user_and_groups_are_those_of_the_hub():
    environ = {"JUPYTERHUB_USER": "alice", "JUPYTERHUB_GROUPS": "a, b,"}
    assert user_name(environ) == "alice"
    assert groups_of("alice", environ, None) == {"a", "b"}
    assert groups_of("alice", environ, lambda user: [f"{user}s"]) == {"alices"}
    assert user_name({})


@given(st.integers(1, 512), st.integers(2**26, 2**43))
def test_local_profile_fits_every_machine(cores, memory_bytes):
    profiles = load_profiles({}, None, local_profile(cores, memory_bytes))
    assert profiles.broken == ()
    options = profiles.usable["local"].options
    assert 1 <= options["workers"].default <= cores


@given(st.integers(1, 512), st.integers(2**26, 2**43))
def test_local_profile_allows_as_many_workers_as_its_form_offers(cores, memory_bytes):
    profile = load_profiles({}, None, local_profile(cores, memory_bytes)).usable["local"]
    most = profile.options["workers"].maximum
    assert 1 <= most <= 2 * cores
    assert most * profile.options["cores"].default <= profile.limits.cores
    assert most * profile.options["memory"].default <= profile.limits.memory_bytes


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    ["kind", "template", "options", "limits", "deliver", "groups", "packages", "label"]
)
option_keys = st.sampled_from(["type", "default", "minimum", "maximum", "choices", "unit"])
option_values = st.sampled_from(
    ["integer", "memory", "choice", "2 GiB", "x", 1, -3, True, [1, 2], None]
)
options = st.dictionaries(
    st.sampled_from(["workers", "cores", "memory", "minimum", "maximum", "a"]),
    st.dictionaries(option_keys, option_values),
)


@given(st.dictionaries(keys, json_values | options | st.sampled_from(["process"])))
def test_any_value_is_a_profile_or_told_to_be_none(value):
    try:
        profile = read_profile("a", {"kind": "process", "template": {"class": "x.Y"}, **value})
    except ProfileError as error:
        assert error.reason  # noqa: PT017
    else:
        assert isinstance(profile, Profile)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_of_the_documentation_load(path):
    profiles = load_profiles({}, path, {})
    assert profiles.broken == ()
    assert profiles.usable


def test_every_key_of_a_profile_is_documented():
    text = (EXAMPLES[0].parents[1] / "profiles.md").read_text(encoding="utf-8")
    for kind in (Profile, Option, Deliver, Limits):
        names = {field.name for field in dataclasses.fields(kind)} - {"name"}  # the key itself
        assert {name for name in names if f"`{name}`" not in text} == set()


def test_there_are_examples_of_every_kind_of_site():
    assert {path.stem for path in EXAMPLES} >= {
        "local", "kubernetes", "offload", "htcondor", "slurm", "gateway", "address"
    }  # fmt: skip
