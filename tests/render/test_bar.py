"""The bar of characters: exact width, and no part is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.render.bar import ASCII_FILL, UNICODE_FILL, allot, bar
from hrlab.render.words import PHASES, Part

parts = st.lists(
    st.builds(Part, st.sampled_from(PHASES), st.floats(1e-9, 1e6)), min_size=1, max_size=6
)


@given(parts, st.integers(6, 200))
def test_bar_is_exactly_as_wide_as_asked_and_shows_every_part(
    parts: list[Part], width: int
) -> None:
    cells = allot(parts, width)
    assert sum(cells) == width
    assert min(cells) >= 1


@given(parts, st.integers(60, 200))
def test_cells_are_in_proportion(parts: list[Part], width: int) -> None:
    whole = sum(part.seconds for part in parts)
    for part, cells in zip(parts, allot(parts, width), strict=True):
        assert abs(cells - width * part.seconds / whole) <= len(parts)


@pytest.mark.parametrize("fill", [UNICODE_FILL, ASCII_FILL])
def test_phases_differ_by_their_character(fill: dict[str, str]) -> None:
    assert set(fill) == set(PHASES)
    assert len(set(fill.values())) == len(PHASES)


def test_nothing_to_show_is_an_empty_bar() -> None:
    assert bar((), 60, ASCII_FILL) == ""
