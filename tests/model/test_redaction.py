"""What is kept back is nowhere in what leaves, and what leaves is still a run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hrlab.model.errors import MalformedError
from hrlab.model.redaction import ALL, redacted, secrets_of
from hrlab.model.run import Input, Run, RunError, RunWarning, Source
from tests.render.runs import all_golden, golden

SECRETS = {
    "code": ["import secret_analysis"],
    "paths": ["/home/alice/zee", "root://eos.example//store/f.root", "work/Zee.ipynb", "my.root"],
    "user": ["alice"],
    "host": ["node-17.example.org", "worker-3", "10.0.0.7", "192.168.3.4:8786"],
}


def telling() -> Run:
    """A run that tells everything, in every place that takes text."""
    run = golden()
    said = (
        "alice read /home/alice/zee/my.root and root://eos.example//store/f.root on "
        "node-17.example.org and worker-3 (tcp://10.0.0.7:8786, 192.168.3.4:8786), in work/Zee.ipynb"
    )
    return replace(
        run,
        name=said,
        note=said,
        status="failed",
        error=RunError("OSError", f"import secret_analysis: {said}"),
        labels={"by alice": said},
        warnings=(RunWarning("slow", said),),
        inputs=(Input("/data/my.root", 5), Input("root://eos.example//store/f.root")),
        environment=replace(run.environment, user="alice", hostname="node-17.example.org"),
        clusters=tuple(
            replace(one, hosts=("worker-3",), id="alice-zee-k3x9", name="alice zee")
            for one in run.clusters
        ),
        source=Source("cell", "import secret_analysis", "a" * 64, "work/Zee.ipynb"),
    )


@pytest.mark.parametrize("secret", ALL)
def test_what_is_kept_back_is_nowhere(secret):
    record = telling().to_dict()
    before, after = json.dumps(record), json.dumps(redacted(record, [secret]))
    assert all(text in before for text in SECRETS[secret])
    assert [text for text in SECRETS[secret] if text in after] == []


def test_everything_together_leaves_nothing_and_is_a_run():
    after = redacted(telling().to_dict(), ALL)
    text = json.dumps(after)
    assert [one for texts in SECRETS.values() for one in texts if one in text] == []
    assert "eos.example" not in text
    run = Run.from_dict(after)
    assert run.source.code_sha256 == "a" * 64
    assert run.phases == telling().phases


def test_numbers_and_words_of_the_format_stay():
    run = telling()
    run = replace(run, environment=replace(run.environment, user="failed", hostname="cell"))
    after = Run.from_dict(redacted(run.to_dict(), ALL))
    assert (after.status, after.source.kind, after.loops) == ("failed", "cell", run.loops)
    assert (after.groups, after.phases, after.id) == (run.groups, run.phases, run.id)


def test_runs_of_different_inputs_stay_apart():
    names = [one["name"] for one in redacted(telling().to_dict(), ["paths"])["inputs"]]
    assert len(set(names)) == 2


def test_without_secrets_nothing_changes():
    for run in all_golden():
        assert redacted(run.to_dict(), ()) == run.to_dict()


def test_ordinary_words_are_no_paths():
    note = "5 MB/s and/or 3/4 of it, 10.5 s - 2 % / run"
    assert redacted({"note": note}, ["paths"])["note"] == note


def test_unknown_word_names_those_that_are_known():
    assert secrets_of("") == ()
    assert secrets_of("paths, code") == ("paths", "code")
    assert secrets_of("all") == ALL
    with pytest.raises(MalformedError, match="Use any of code, paths"):
        secrets_of("kode")


def test_the_smallest_record_is_still_a_record():
    smallest = {"id": "a" * 32, "name": "x", "status": "ok", "started_at": 1.0, "wall_seconds": 1.0}
    record = {"schema_version": 1, **smallest}
    assert Run.from_dict(redacted(record, ALL)) == Run.from_dict(record)
