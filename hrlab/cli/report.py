"""The command ``jupyter hrlab report``."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from hrlab.cli.exporting import add_redact, opened
from hrlab.export.report import ReportQuestion
from hrlab.export.report import report as made_report
from hrlab.history.service import RunService
from hrlab.model.redaction import secrets_of


def add_report(commands: Any) -> None:
    """Add the parser of ``report``."""
    what = "Write a self-contained HTML report of one run, or comparing several."
    made = commands.add_parser("report", help=what, description=what)
    made.add_argument("runs", nargs="+", help="run ids, prefixes of them, or `last`")
    made.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="output file, or - for standard output",
    )
    made.add_argument(
        "--by",
        help="group by approach, threads, workers, run, profile, label:<name> or workload:<name>",
    )
    made.add_argument("--baseline", metavar="KEY", help="group whose speed-up is 1")
    add_redact(made)


def report(service: RunService, asked: argparse.Namespace) -> None:
    """Run ``report``."""
    question = ReportQuestion(
        ids=[service.full_id(run) for run in asked.runs],
        by=asked.by,
        baseline=asked.baseline,
        secrets=secrets_of(asked.redact),
    )
    found = made_report(service, question)
    with opened(asked.output, "w") as file:
        file.write(found.html)
    if found.without_charts:
        sys.stderr.write(f"{found.without_charts}\n")
