"""Colours of pictures are told apart by colour-blind people too.

Seen through the simulation of Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
deficiency", IEEE Transactions on Visualization and Computer Graphics 15, 2009, doi:10.1109/TVCG.2009.113 (severity 1.0).
"""

from __future__ import annotations

from itertools import combinations

import pytest

from hrlab.comparison.difference_chart import FASTER, SLOWER
from hrlab.comparison.series import SERIES_COLOURS, SERIES_DASHES
from hrlab.render.palette import PHASE_COLOURS

SIGHT = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
#: Distance in CIELAB: three times the 2.3 that can just be seen. Phases also have an order, an outline and a label.
APART = 7.0


def linear(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def lab(rgb):
    """CIELAB of linear sRGB, white point D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (
            max(0.0, sum(a * b for a, b in zip(row, rgb, strict=True))) / reference
            for row, reference in zip(rows, white, strict=True)
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour, sight):
    rgb = linear(colour)
    return lab([sum(a * b for a, b in zip(row, rgb, strict=True)) for row in SIGHT[sight]])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(
    "colours",
    [SERIES_COLOURS, tuple(PHASE_COLOURS.values()), (FASTER, SLOWER)],
    ids=["series", "phases", "differences"],
)
def test_colours_of_a_picture_are_told_apart(colours, sight):
    nearest = min(
        sum((a - b) ** 2 for a, b in zip(seen(one, sight), seen(other, sight), strict=True)) ** 0.5
        for one, other in combinations(colours, 2)
    )
    assert nearest >= APART


def test_lines_differ_without_any_colour():
    assert len({tuple(dash) for dash in SERIES_DASHES}) == len(SERIES_DASHES) == len(SERIES_COLOURS)
