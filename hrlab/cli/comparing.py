"""``jupyter hrlab compare``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from hrlab.comparison.groups import OVERS
from hrlab.comparison.service import ComparisonQuestion
from hrlab.history.service import RunService


def add_compare(commands: Any) -> None:
    """The parser of ``compare``."""
    what = "Runs beside each other: speed-up and efficiency; of two runs, where they differ."
    made = commands.add_parser("compare", help=what, description=what)
    made.add_argument("--json", action="store_true", help="JSON in place of text")
    made.add_argument("runs", nargs="*", help="ids, or beginnings of them")
    made.add_argument("--like", metavar="RUN", help="all successful runs of this one's code")
    made.add_argument(
        "--previous", metavar="RUN", help="this run and the successful one of its code before it"
    )
    made.add_argument(
        "--by", help="approach, threads, workers, run, profile, label:<name> or workload:<name>"
    )
    made.add_argument("--baseline", metavar="KEY", help="the group that is 1")
    made.add_argument(
        "--over",
        choices=OVERS,
        help="what the efficiency counts: threads, or workers (the default with --by workers)",
    )


def compare(service: RunService, asked: argparse.Namespace) -> None:
    """``compare``."""
    from hrlab.comparison.page import comparison_text

    found = service.compared(
        ComparisonQuestion(
            ids=[service.full_id(run) for run in asked.runs],
            like=service.full_id(asked.like) if asked.like else None,
            previous=service.full_id(asked.previous) if asked.previous else None,
            by=asked.by,
            baseline=asked.baseline,
            over=asked.over,
        )
    )
    if asked.json:
        sys.stdout.write(json.dumps(found.to_dict(), indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(comparison_text(found.comparison, found.difference) + "\n")
