"""Renders charts as SVG without a browser, using vl-convert (extra ``hrlab[report]``).

Runs in a separate process: the rendering engine aborts its process on unsupported input, needs about 100 MB, and must
not
block a server.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

#: Shown if vl-convert is not installed.
REMEDY = (
    "Charts are omitted: rendering them requires vl-convert-python (pip install 'hrlab[report]')."
)
FAILED = "Charts are omitted: rendering failed."

WIDTH_PIXELS = 680
#: Timeout in seconds: rendering takes about 0.1 s per chart; the rest is a margin for busy machines.
LIMIT_SECONDS = 120.0


class NoPicturesError(Exception):
    """Charts cannot be rendered; the message is a sentence for the reader of a report."""


def draw(specs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Render Vega-Lite v5 specifications as SVG elements that can share one page.

    Raises
    ------
    NoPicturesError
        If vl-convert is not installed, fails, or takes longer than `LIMIT_SECONDS`.
    """
    if not specs:
        return {}
    if importlib.util.find_spec("vl_convert") is None:
        raise NoPicturesError(REMEDY)
    sized = {name: {**spec, "width": WIDTH_PIXELS} for name, spec in specs.items()}
    try:
        # Runs this package with the same Python; the input is JSON.
        done = subprocess.run(
            [sys.executable, "-m", "hrlab.export.drawing"],
            input=json.dumps(sized),
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoPicturesError(FAILED) from error
    found: dict[str, str] = json.loads(done.stdout)
    return {name: _with_own_ids(svg, f"c{i}-") for i, (name, svg) in enumerate(found.items())}


def _with_own_ids(svg: str, prefix: str) -> str:
    """Make the ids of clips and gradients unique: they are the same in every chart."""
    svg = re.sub(r'(<[^<>]*\sid=")', rf"\g<1>{prefix}", svg)
    return re.sub(r'(<[^<>]*(?:url\(|href=")#)', rf"\g<1>{prefix}", svg)
