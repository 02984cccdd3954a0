"""The command ``jupyter hrlab compare``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from hrlab.comparison.groups import OVERS
from hrlab.comparison.service import ComparisonQuestion
from hrlab.history.service import RunService


def add_compare(commands: Any) -> None:
    """Add the parser of ``compare``."""
    what = "Compare runs: speed-up and efficiency, and for two runs where they differ."
    made = commands.add_parser("compare", help=what, description=what)
    made.add_argument("--json", action="store_true", help="print JSON instead of text")
    made.add_argument("runs", nargs="*", help="run ids or prefixes of them")
    made.add_argument("--like", metavar="RUN", help="all successful runs of the same code as RUN")
    made.add_argument(
        "--previous", metavar="RUN", help="RUN and the previous successful run of the same code"
    )
    made.add_argument(
        "--by",
        help="group by approach, threads, workers, run, profile, label:<name> or workload:<name>",
    )
    made.add_argument("--baseline", metavar="KEY", help="group whose speed-up is 1")
    made.add_argument(
        "--over",
        choices=OVERS,
        help="unit of the efficiency: threads (default) or workers (default with --by workers)",
    )


def compare(service: RunService, asked: argparse.Namespace) -> None:
    """Run ``compare``."""
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
