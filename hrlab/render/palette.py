"""Colours and patterns of phases and stages: colour-blind safe, on light and dark, and distinguishable without colour.

From the Okabe-Ito set; each is light enough for black text (contrast of at least 5) and has enough contrast on black
and
on white. Phases also differ in pattern and label, stages in lane and label.
"""

from __future__ import annotations

from collections.abc import Mapping

ON_COLOUR = "#111111"
NEUTRAL = "#808080"

PHASE_COLOURS: Mapping[str, str] = {
    "pre": "#56B4E9",
    "dask": "#E69F00",
    "between": "#8F8F8F",
    "post": "#1FA880",
}
STAGE_COLOURS: Mapping[str, str] = {
    "submit": "#CC79A7",
    "wait": "#C9C9C9",
    "compute": "#E69F00",
    "gather": "#D9C52B",
}

_LINE = "rgba(17,17,17,.28)"

#: CSS background images over the colour; dask, usually the longest, is plain.
PHASE_PATTERNS: Mapping[str, str] = {
    "pre": f"repeating-linear-gradient(45deg,{_LINE} 0 2px,transparent 2px 7px)",
    "dask": "none",
    "between": f"repeating-linear-gradient(90deg,{_LINE} 0 1px,transparent 1px 4px)",
    "post": f"repeating-linear-gradient(-45deg,{_LINE} 0 2px,transparent 2px 7px)",
}
