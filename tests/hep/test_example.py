"""The example's variant with ROOT: the same numbers serial and on Dask, whose work is found by itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def variant(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import zee_root

    yield zee_root
    for name in ("zee_root", "zee"):
        sys.modules.pop(name, None)


def test_serial_and_local_give_the_same_means(variant, tmp_path):
    import zee

    path = tmp_path / "small.root"
    zee.write_input(path, events=5000)
    alone, expected = variant.analyse("serial", str(path), variations=3, replicas=4)
    shared, means = variant.analyse("local", str(path), variations=3, replicas=4)
    assert means == pytest.approx(expected, abs=1e-9)
    assert 90 < means[0] < 92
    assert (alone.approach, shared.approach) == ("serial", "local")
    assert {"dask_mapper", "distrdf_reducer"} <= {group.name for group in shared.groups}
    for record in (alone, shared):
        assert record.phases.dask_seconds > 0.5 * record.phases.post_seconds
