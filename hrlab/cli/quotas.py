"""The command ``jupyter hrlab quotas``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from hrlab.api.quotas import asked_quotas
from hrlab.history.service import RunService


def add_quotas(commands: Any) -> None:
    """Add the parser of ``quotas``."""
    what = "Show your quotas and their usage, as reported by the running Jupyter server."
    made = commands.add_parser("quotas", help=what, description=what)
    made.add_argument("--json", action="store_true", help="print JSON instead of text")


def quotas(_: RunService, asked: argparse.Namespace) -> None:
    """Run ``quotas``."""
    found = asked_quotas()
    text = json.dumps(found.to_dict(), indent=1, ensure_ascii=False) if asked.json else repr(found)
    sys.stdout.write(f"{text}\n")
