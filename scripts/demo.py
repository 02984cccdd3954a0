"""Run the example notebook head-less on a local Dask cluster and print its phase table: what ``make demo`` does.

The executed notebook and the store of its runs are kept in ``.demo``, where ``make lab`` finds them.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from hrlab.model.run import Run
from hrlab.render.mime import RUN_MIME
from hrlab.render.text import phase_table

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "zee.ipynb"
CELL_SECONDS = 600


def execute(
    book: NotebookNode, parameters: dict[str, Any], folder: Path, *, timeout: int = CELL_SECONDS
) -> NotebookNode:
    """The notebook `book`, executed in `folder` with `parameters` in place of those of the cell tagged so.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    _set(book, parameters)
    client = NotebookClient(
        book,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        # The kernel listens on loopback, with a key; its warning about that is not for the demo's reader.
        extra_arguments=["--IPKernelApp.log_level=40"],
    )
    return client.execute()


def _set(book: NotebookNode, parameters: dict[str, Any]) -> None:
    """Insert a cell with `parameters` below the one tagged ``parameters``, as papermill does."""
    tagged = next(i for i, c in enumerate(book.cells) if "parameters" in c.metadata.get("tags", []))
    source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    book.cells.insert(tagged + 1, nbformat.v4.new_code_cell(source))


def runs(book: NotebookNode) -> list[Run]:
    """Records in the outputs of an executed notebook, in order, each once."""
    found: dict[str, Run] = {}
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if RUN_MIME in output.get("data", {}):
                run = Run.from_dict(output["data"][RUN_MIME])
                found[run.id] = run
    return list(found.values())


def main() -> int:
    """Run the example as the command line says, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mode", default="local", choices=["serial", "local", "distributed"])
    parser.add_argument("--scheduler", help="address of a running Dask scheduler")
    parser.add_argument("--keep", type=Path, default=ROOT / ".demo", help="folder for the results")
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)
    os.environ.setdefault("HRLAB_STORE", str(options.keep.resolve() / "runs.sqlite"))
    print(f"Running examples/{EXAMPLE.name} head-less, {options.mode} ...", flush=True)
    parameters = {"MODE": options.mode, "SCHEDULER": options.scheduler}
    book = execute(nbformat.read(EXAMPLE, as_version=4), parameters, EXAMPLE.parent)
    nbformat.write(book, options.keep / EXAMPLE.name)
    timed = runs(book)
    for run in timed:
        print(f"\n{phase_table(run)}")
    if not timed:
        print("The notebook ran, but no timed run was found in it.", file=sys.stderr)
    return 0 if timed else 1


if __name__ == "__main__":
    sys.exit(main())
