"""Charts as SVG outside a browser, by vl-convert (extra ``hrlab[report]``).

Drawn in a process of its own: the drawing engine aborts its process at input that it can't take, needs some 100 MB, and
must hold up neither a server nor whoever else asks.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

#: What to do where charts can't be drawn.
REMEDY = "Charts are left out: drawing them needs vl-convert-python (pip install 'hrlab[report]')."
FAILED = "Charts are left out: they could not be drawn here."

WIDTH_PIXELS = 680
#: Drawing takes some 0.1 s a chart; the rest is for busy machines.
LIMIT_SECONDS = 120.0


class NoPicturesError(Exception):
    """Charts can't be drawn here; the text says why, in a sentence for the reader of a report."""


def draw(specs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Vega-Lite v5 specifications as SVG elements that may stand together in one page.

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
        # Itself, with the same Python; what it is given is JSON on its standard input.
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
    """Names of clips and gradients are the same in every picture; in one page they must differ."""
    svg = re.sub(r'(<[^<>]*\sid=")', rf"\g<1>{prefix}", svg)
    return re.sub(r'(<[^<>]*(?:url\(|href=")#)', rf"\g<1>{prefix}", svg)
