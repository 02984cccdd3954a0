"""``jupyter hrlab report``."""

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
    """The parser of ``report``."""
    what = "Write an HTML page of one run, or of several compared, that stands alone."
    made = commands.add_parser("report", help=what, description=what)
    made.add_argument("runs", nargs="+", help="ids, or beginnings of them, or `last`")
    made.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="the page, or - for the standard output",
    )
    made.add_argument(
        "--by", help="approach, threads, workers, run, profile, label:<name> or workload:<name>"
    )
    made.add_argument("--baseline", metavar="KEY", help="the group that is 1")
    add_redact(made)


def report(service: RunService, asked: argparse.Namespace) -> None:
    """``report``."""
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
