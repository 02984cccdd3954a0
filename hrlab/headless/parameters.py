"""Parameters of a notebook, by papermill's convention.

A cell tagged ``parameters`` holds the defaults, and the values of one execution are put into a cell of their own, tagged
``injected-parameters``, behind it. The convention: https://papermill.readthedocs.io/en/latest/usage-parameterize.html.
"""

from __future__ import annotations

import ast
import copy
import json
import keyword
import math
from collections.abc import Mapping
from typing import Any

from hrlab.model.errors import UsageError
from hrlab.model.suggest import did_you_mean

PARAMETERS, INJECTED = "parameters", "injected-parameters"
_WORDS = {"True": True, "False": False, "None": None, "nan": math.nan, "inf": math.inf}


def parse_setting(word: str) -> tuple[str, Any]:
    """Parse ``name=value`` into a name and a typed value.

    A value that is JSON, or Python's ``True``, ``False`` or ``None``, is what it writes; any other is a text. ``'"5"'`` is
    the text 5.

    Raises
    ------
    UsageError
        If there is no name of Python's, or no value.
    """
    name, equals, text = word.partition("=")
    if not equals:
        raise UsageError(f"--set takes NAME=VALUE, not {word!r}.")
    check_name(name, "--set")
    if text in _WORDS:
        return name, _WORDS[text]
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def check_name(name: str, where: str) -> None:
    """Refuse names that are not valid variables.

    Raises
    ------
    UsageError
        That says so.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"{where}: {name!r} is no name of a variable in Python.")


def declared(notebook: Any) -> frozenset[str] | None:
    """Return names assigned in the cell tagged ``parameters``; None if there is no such cell."""
    at = _tagged(notebook, PARAMETERS)
    if at is None:
        return None
    try:
        tree = ast.parse(_python(notebook.cells[at].source))
    except SyntaxError:
        return frozenset()
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return frozenset(node.id for node in stored if isinstance(node.ctx, ast.Store))


def injected(notebook: Any, values: Mapping[str, Any], name: str) -> Any:
    """Return a copy of `notebook` with `values` in an injected cell, replacing an earlier one.

    Parameters
    ----------
    notebook
        An ``nbformat`` notebook of version 4.
    values
        Texts, numbers, truth values, None, and lists and mappings of such, by name.
    name
        What people call the notebook, for messages.

    Raises
    ------
    UsageError
        If the notebook declares its parameters, but not one of `values`: it would change nothing.
    """
    import nbformat

    known = declared(notebook)
    for value in values:
        if known is not None and value not in known:
            hint = did_you_mean(value, known) if known else "It assigns none."
            raise UsageError(f"The parameters cell of {name} does not assign {value!r}. {hint}")
    made = copy.deepcopy(notebook)
    made.cells = [cell for cell in made.cells if INJECTED not in tags(cell)]
    if values:
        lines = [f"{key} = {as_python(value)}" for key, value in values.items()]
        cell = nbformat.v4.new_code_cell("\n".join(["# Parameters", *lines]))
        cell.metadata["tags"] = [INJECTED]
        at = _tagged(made, PARAMETERS)
        made.cells.insert(0 if at is None else at + 1, cell)
    return made


def tags(cell: Any) -> list[str]:
    """Return the tags of a cell."""
    found = cell.metadata.get("tags", [])
    return [str(tag) for tag in found] if isinstance(found, list) else []


def as_python(value: Any) -> str:
    """Return `value` as source code."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {as_python(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(as_python, value)) + "]"
    return repr(value)


def _tagged(notebook: Any, tag: str) -> int | None:
    places = (i for i, cell in enumerate(notebook.cells) if tag in tags(cell))
    return next((i for i in places if notebook.cells[i].cell_type == "code"), None)


def _python(source: str) -> str:
    """Return `source` without IPython's own syntax."""
    lines = source.splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)
