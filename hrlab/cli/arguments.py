"""Argument parser of ``jupyter hrlab``."""

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
    """Return the parser of all commands; the parsed namespace has the command's name in ``command``."""
    made = argparse.ArgumentParser(
        prog="jupyter hrlab", description="Time, list, compare and export runs of Dask analyses."
    )
    made.add_argument(
        "--store", help="SQLite file of the runs (default: HRLAB_STORE, else the user's own store)"
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
        made.add_argument("--json", action="store_true", help="print JSON instead of text")
    return made


def _list(commands: Any) -> None:
    made = _command(commands, "list", "List runs, newest first.")
    made.add_argument("text", nargs="*", help="words to find in the name, note, notebook or labels")
    made.add_argument(
        "--label",
        action="append",
        default=[],
        metavar="K=V",
        help="only runs with this label; repeatable",
    )
    made.add_argument("--notebook", help="only runs of this notebook")
    made.add_argument(
        "--limit",
        type=int,
        default=20,
        metavar="N",
        help="maximum number of runs (default 20, at most 200)",
    )


def _show(commands: Any) -> None:
    made = _command(commands, "show", "Show one run with its phases.")
    made.add_argument("run", help="run id, a prefix of it, or `last`")


def _size(commands: Any) -> None:
    made = _command(commands, "size", "Recommend a cluster size for the next run.")
    made.add_argument("run", help="any run of the code: its id, a prefix of it, or `last`")
    goal = made.add_mutually_exclusive_group()
    goal.add_argument(
        "--within",
        type=float,
        metavar="SECONDS",
        help="smallest cluster that finishes in this time",
    )
    goal.add_argument(
        "--efficiency",
        type=float,
        metavar="E",
        help="largest cluster with at least this efficiency, 0 to 1",
    )
    goal.add_argument(
        "--core-hours", type=float, metavar="H", help="fastest cluster within this many core hours"
    )
    made.add_argument(
        "--workload",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="amount of work in the next run; repeatable",
    )
