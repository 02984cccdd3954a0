"""``jupyter hrlab quotas``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from hrlab.api.quotas import asked_quotas
from hrlab.history.service import RunService


def add_quotas(commands: Any) -> None:
    """The parser of ``quotas``."""
    what = "What you may still use, as the running Jupyter server knows it."
    made = commands.add_parser("quotas", help=what, description=what)
    made.add_argument("--json", action="store_true", help="JSON in place of text")


def quotas(_: RunService, asked: argparse.Namespace) -> None:
    """``quotas``."""
    found = asked_quotas()
    text = json.dumps(found.to_dict(), indent=1, ensure_ascii=False) if asked.json else repr(found)
    sys.stdout.write(f"{text}\n")
