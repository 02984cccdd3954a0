from __future__ import annotations

import pytest

from hrlab.model.source import block_body, default_name, is_magic_line, normalised, sha256


def sha(*cells):
    return sha256(normalised(cells))


def test_button_and_magic_runs_of_the_same_code_match():
    assert sha("x = 1\ny = 2") == sha("%%hrtime Zee --events 5\nx = 1\ny = 2")


@pytest.mark.parametrize(
    "cell",
    [
        "x = 1\r\ny = 2\r\n",
        "x = 1\ry = 2",
        "x = 1   \ny = 2\t\n\n\n",
        "\n\n%%hrtime\nx = 1\ny = 2",
        "  %%hrtime a\nx = 1\ny = 2",
    ],
)
def test_line_ends_and_trailing_space_do_not_matter(cell):
    assert sha(cell) == sha("x = 1\ny = 2")


@pytest.mark.parametrize("cell", ["x = 1\n\ny = 2", "  x = 1\ny = 2", "x = 1\ny = 2#"])
def test_other_code_does_not_match(cell):
    assert sha(cell) != sha("x = 1\ny = 2")


def test_cells_are_joined_by_a_blank_line():
    assert normalised(["%%hrtime\na", "b\n"]) == "a\n\nb"


def test_the_digest_is_that_of_the_utf8_text():
    # As `printf 'µ = 1' | sha256sum` says, and what a browser computes.
    assert sha("µ = 1") == "c628a272a04e79c4e6bc48e8cf044bd02da620086e9b8b8a4c1f2607730e6040"


def test_text_that_is_no_utf8_has_a_digest_too():
    assert sha("lone \ud800 surrogate") != sha("lone surrogate")


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("%%hrtime", True),
        ("%%hrtime x", True),
        ("%%hrtime\n", True),
        ("%%hrtime\tx", True),
        ("%%hrtimeit", False),
        ("%hrtime", False),
        ("x %%hrtime", False),
        ("%%hrtime?", False),
    ],
)
def test_only_the_magic_itself_is_taken_for_it(line, is_one):
    assert is_magic_line(line) is is_one


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("%%hrtime\nfit(data)", "fit(data)"),
        ("# Select electrons\nx = 1", "Select electrons"),
        ("#%% Select electrons\nx = 1", "Select electrons"),
        ("import numpy as np\nfrom a.b import c\n\n# Fit the peak\nfit()", "Fit the peak"),
        ("import numpy as np\nh = fill(events)", "h = fill(events)"),
        ("from a import (\n    b,\n    c,\n)\nb(c)", "b(c)"),
        ("%%time\nfit()", "fit()"),
        ("%%cpp\nint x = 5;", "int x = 5;"),
        ("%matplotlib inline\n!pip list\nfit()", "fit()"),
        ("# ------\n#\n# Plots\n", "Plots"),
        ("# noqa: E501\n# type: ignore\n#!/bin/sh\nfit()", "fit()"),
        ("@delayed\ndef f():\n    pass", "def f():"),
        ('"""Fit of the Z peak."""\nfit()', "Fit of the Z peak."),
        ("(\n    a.b()\n)", "a.b()"),
        ("import numpy as np", "import numpy as np"),
        ("%%bash\n", "%%bash"),
        ("x = 1\n# a comment further down", "x = 1"),
        ("importance = 5", "importance = 5"),
        ("", "run"),
        ("\n%%hrtime\n", "run"),
        ("x" * 80, "x" * 59 + "…"),
    ],
)
def test_a_run_without_a_name_has_that_of_its_first_telling_line(cell, name):
    assert default_name([cell]) == name


def test_the_first_cell_that_tells_names_several():
    assert default_name(["import numpy", "fit()", "plot()"]) == "fit()"


def lines(text):
    return text.splitlines(keepends=True)


SCRIPT = """\
import hrlab

def main():
    with hrlab.timed(
        "a", labels={"b": "c"}
    ) as run:
        x = 1

        if x:
            y = 2
    return x

with hrlab.timed("one line"): fit()
with hrlab.timed("module"):
    fit()
"""


@pytest.mark.parametrize(
    ("at", "body"),
    [(3, "x = 1\n\nif x:\n    y = 2"), (12, None), (13, "fit()"), (14, None), (99, None)],
)
def test_a_block_is_known_by_its_body(at, body):
    assert block_body(lines(SCRIPT), at) == body


@pytest.mark.parametrize("text", ["", "with (\n", "x = 'open\n", "\x00\n"])
def test_source_that_can_not_be_read_is_no_body(text):
    assert block_body(lines(text), 0) is None
