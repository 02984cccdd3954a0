"""Detect notebooks that create a cluster of their own and so would not use a campaign's cluster."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Arguments with which ``Client`` makes a LocalCluster, and fails where ``DASK_SCHEDULER_ADDRESS`` names another cluster.
LOCAL = frozenset({"n_workers", "processes", "threads_per_worker", "memory_limit"})
CLUSTERS = frozenset({
    "LocalCluster", "SLURMCluster", "HTCondorCluster", "PBSCluster", "SGECluster", "LSFCluster", "OARCluster",
    "KubeCluster", "SSHCluster",
})  # fmt: skip
#: Branches that need not be taken: what they make says nothing of the execution.
BRANCHES = (
    ast.If,
    ast.Try,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.IfExp,
)
SHOWN = 60


@dataclass(frozen=True, slots=True)
class OwnCluster:
    """A call that creates a cluster.

    Attributes
    ----------
    cell
        The number of the cell in the notebook, from 1 on.
    line
        The line that makes it.
    """

    cell: int
    line: str

    def refusal(self, notebook: str) -> str:
        """Return why the notebook is refused, and the remedy."""
        name = notebook.rpartition("/")[2]
        return (
            f"Cell {self.cell} of {name} creates its own cluster: {self.line}. "
            "Connect there with `client = Client()` or `hrlab.connect()` instead, and save the notebook, "
            "so that each point is measured on its own cluster."
        )


def own_cluster(notebook: str) -> OwnCluster | None:
    """Return the first unconditional call in a notebook's cells that creates a cluster; None if there is none.

    Parameters
    ----------
    notebook
        The text of its file. What can't be read says nothing.
    """
    for number, source in enumerate(_cells(notebook), start=1):
        line = _made_in(source) if source else None
        if line is not None:
            return OwnCluster(number, line)
    return None


def _cells(notebook: str) -> list[str]:
    """Return the sources of all cells; empty text for cells that are not code."""
    try:
        cells: Any = json.loads(notebook)["cells"]
        return ["".join(cell["source"]) if cell["cell_type"] == "code" else "" for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _made_in(source: str) -> str | None:
    lines = source.splitlines()
    python = ["" if line.lstrip().startswith(("%", "!")) else line for line in lines]
    try:
        tree = ast.parse("\n".join(python))
    except (SyntaxError, ValueError, RecursionError):
        return None
    for call in _calls(tree):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        given = {keyword.arg for keyword in call.keywords}
        if name in CLUSTERS or (name == "Client" and given & LOCAL):
            line = lines[call.lineno - 1].strip()
            return f"`{line}`" if len(line) <= SHOWN else f"`{line[: SHOWN - 1]}…`"
    return None


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that every execution of the cell makes, in order."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, BRANCHES):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _calls(child)
