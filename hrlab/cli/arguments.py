"""What ``jupyter hrlab`` understands: each command and option once, with its help."""

from __future__ import annotations

import argparse
from typing import Any

from hrlab.cli.comparing import add_compare
from hrlab.cli.exporting import add_export, add_import
from hrlab.cli.prune import add_prune
from hrlab.cli.quotas import add_quotas
from hrlab.cli.report import add_report
from hrlab.cli.run import add_run
from hrlab.cli.sweep import add_sweep


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; ``command`` of its result names the one that was given."""
    made = argparse.ArgumentParser(
        prog="jupyter hrlab", description="Runs of Dask analyses that hrlab has timed."
    )
    made.add_argument(
        "--store", help="SQLite file of the runs, if not HRLAB_STORE or the user's own"
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _list(commands)
    _show(commands)
    add_compare(commands)
    _size(commands)
    add_quotas(commands)
    add_export(commands)
    add_import(commands)
    add_report(commands)
    add_prune(commands)
    add_run(commands)
    add_sweep(commands)
    return made


def _command(commands: Any, name: str, what: str, *, json: bool = True) -> Any:
    made = commands.add_parser(name, help=what, description=what)
    if json:
        made.add_argument("--json", action="store_true", help="JSON in place of text")
    return made


def _list(commands: Any) -> None:
    made = _command(commands, "list", "Runs, newest first.")
    made.add_argument("text", nargs="*", help="words in the name, note, notebook or labels")
    made.add_argument("--label", action="append", default=[], metavar="K=V", help="with this label")
    made.add_argument("--notebook", help="of this notebook")
    made.add_argument(
        "--limit", type=int, default=20, metavar="N", help="most runs (20; at most 200)"
    )


def _show(commands: Any) -> None:
    made = _command(commands, "show", "One run with its phases.")
    made.add_argument("run", help="its id, the beginning of it, or `last`")


def _size(commands: Any) -> None:
    made = _command(commands, "size", "How large the cluster for the next run should be.")
    made.add_argument("run", help="a run of the code: its id, the beginning of it, or `last`")
    goal = made.add_mutually_exclusive_group()
    goal.add_argument("--within", type=float, metavar="SECONDS", help="finish within so long")
    goal.add_argument("--efficiency", type=float, metavar="E", help="at least so efficient, 0 to 1")
    goal.add_argument("--core-hours", type=float, metavar="H", help="fastest that costs no more")
    made.add_argument(
        "--workload", action="append", default=[], metavar="NAME=NUMBER", help="for so much work"
    )
