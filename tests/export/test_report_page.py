"""What a report tells of a run, beside its charts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrlab.export.report_page import run_section
from tests.render.runs import golden


@pytest.mark.parametrize(
    ("alone", "other_pods", "said"),
    [
        (True, None, "yes"),
        (True, 1, "no: 1 pod of other clusters ran on its nodes"),
        (False, None, "no: others used the cluster"),
        (False, 2, "no: others used the cluster, 2 pods of other clusters ran on its nodes"),
    ],
)
def test_a_run_that_was_not_alone_says_what_was_seen_of_others(alone, other_pods, said):
    page = run_section(replace(golden(), alone=alone, other_pods=other_pods), {}, {})
    assert f"<th>alone</th><td>{said}</td>" in page.replace(' scope="row"', "")
