"""Papermill's convention: what is put in where, and as which Python."""

from __future__ import annotations

import math

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from hrlab.headless.parameters import as_python, declared, injected, parse_setting
from hrlab.model.errors import UsageError


def notebook(*cells):
    return new_notebook(cells=list(cells))


def tagged(source, tag="parameters"):
    return new_code_cell(source, metadata={"tags": [tag]})


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("n=5", 5),
        ("n=0.5", 0.5),
        ("n=1e3", 1000.0),
        ("n=true", True),
        ("n=False", False),
        ("n=None", None),
        ("n=null", None),
        ("n=[1, 2]", [1, 2]),
        ('n={"a": 1}', {"a": 1}),
        ('n="5"', "5"),
        ("n=", ""),
        ("n=tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786"),
        ("n=a=b", "a=b"),
    ],
)
def test_values_are_typed(word, value):
    found = parse_setting(word)
    assert found == ("n", value)
    assert type(found[1]) is type(value)


@pytest.mark.parametrize("word", ["n", "=5", "class=5", "a-b=5"])
def test_what_is_no_setting_is_refused(word):
    with pytest.raises(UsageError):
        parse_setting(word)


@pytest.mark.parametrize(
    "value", [1, 0.1, True, None, 'it\'s "so"\n', [1, "a", [None]], {"a": {"b": (1.5,)}}, -math.inf]
)
def test_values_come_back_from_python(value):
    back = eval(as_python(value), {})
    assert back == (value if not isinstance(value, dict) else {"a": {"b": [1.5]}})


def test_not_a_number_comes_back():
    assert math.isnan(eval(as_python(math.nan), {}))


def test_values_come_behind_the_cell_of_parameters_and_before_what_uses_them():
    made = injected(
        notebook(new_markdown_cell("# t"), tagged("n = 1"), new_code_cell("n")), {"n": 2}, "x"
    )
    assert [cell.source for cell in made.cells] == ["# t", "n = 1", "# Parameters\nn = 2", "n"]


def test_without_such_a_cell_they_come_first():
    made = injected(notebook(new_code_cell("n")), {"n": 2}, "x")
    assert [cell.source for cell in made.cells] == ["# Parameters\nn = 2", "n"]


def test_values_of_an_earlier_execution_go():
    before = notebook(tagged("n = 1"), tagged("n = 9", "injected-parameters"), new_code_cell("n"))
    assert [cell.source for cell in injected(before, {}, "x").cells] == ["n = 1", "n"]
    assert len(before.cells) == 3


def test_a_value_that_would_change_nothing_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"zee.ipynb does not assign 'REPLICA'.*REPLICAS"):
        injected(notebook(tagged("REPLICAS = 200")), {"REPLICA": 2}, "zee.ipynb")


def test_declared_are_assigned_names_also_below_magics_and_in_blocks():
    assert declared(
        notebook(tagged("%load_ext hrlab\na, b = 1, 2\nif a:\n    c: int = 3\n!ls"))
    ) == {"a", "b", "c"}
    assert declared(notebook(new_code_cell("a = 1"))) is None
    assert declared(notebook(tagged("a = "))) == frozenset()
