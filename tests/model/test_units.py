"""Numbers on screen: readable, in three significant digits, and never further from the truth than that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.model import units

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "units.json").read_text(encoding="utf-8"))
SECONDS = {"µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {unit: 1024.0**i for i, unit in enumerate(("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))}


def golden(kind: str) -> list[list[object]]:
    return [pytest.param(*case, id=str(case[-1])) for case in GOLDEN[kind]]


def read_back(text: str, scale: dict[str, float]) -> float:
    return sum(
        float(number) * scale[unit] for number, unit in re.findall(r"([\d.]+) ([a-zA-Zµ]+)", text)
    )


@pytest.mark.parametrize(("seconds", "text"), golden("duration"))
def test_duration_is_said_as_people_say_it(seconds: float | None, text: str) -> None:
    assert units.format_duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), golden("bytes"))
def test_bytes_are_said_in_binary_units(count: float | None, text: str) -> None:
    assert units.format_bytes(count) == text


@pytest.mark.parametrize(("count", "text"), golden("count"))
def test_counts_have_groups_of_three_digits(count: float | None, text: str) -> None:
    assert units.format_count(count) == text


@pytest.mark.parametrize(("share", "text"), golden("share"))
def test_shares_are_whole_per_cent_and_never_pretend(share: float | None, text: str) -> None:
    assert units.format_share(share) == text


@pytest.mark.parametrize(("before", "after", "text"), golden("change"))
def test_change_has_a_sign(before: float, after: float, text: str) -> None:
    assert units.format_change(before, after) == text


@pytest.mark.parametrize(
    "form", [units.format_duration, units.format_bytes, units.format_count, units.format_share]
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_a_number_is_shown_as_unknown(
    form: Callable[[float], str], value: float
) -> None:
    assert form(value) == units.UNKNOWN


@given(st.floats(1e-6, 3e7))
def test_duration_is_within_half_a_per_cent_or_half_its_last_unit(seconds: float) -> None:
    text = units.format_duration(seconds)
    last_unit = {"min": 1.0, "h": 60.0, "d": 3600.0}.get(text.split()[1], 0.0)
    tolerance = max(0.0051 * seconds, 0.51 * last_unit)
    assert read_back(text, SECONDS) == pytest.approx(seconds, abs=tolerance)


@given(st.floats(1e-6, 3e7))
def test_duration_is_short_and_has_no_exponent(seconds: float) -> None:
    text = units.format_duration(seconds)
    assert "e" not in text
    assert len(text) <= len("59 min 59 s")


@given(st.floats(0, 3e7), st.floats(0, 3e7))
def test_longer_is_never_shown_as_shorter(a: float, b: float) -> None:
    short, long = sorted((a, b))
    shown = [read_back(units.format_duration(s), SECONDS) for s in (short, long)]
    if short >= 1e-6:
        assert shown[0] <= shown[1]


@given(st.integers(0, 2**66))
def test_bytes_are_within_half_a_per_cent(count: int) -> None:
    assert read_back(units.format_bytes(count), BYTES) == pytest.approx(count, rel=0.0051)


@given(st.integers(-(10**15), 10**15))
def test_whole_counts_lose_no_digit(count: int) -> None:
    text = units.format_count(count)
    assert int(text.replace(",", "").replace(units.MINUS, "-")) == count


def test_one_task_is_singular() -> None:
    assert (units.counted(1, "task"), units.counted(2000, "task")) == ("1 task", "2,000 tasks")


def test_rates_name_what_is_counted() -> None:
    assert units.format_rate(1e6, 137.25, "events") == "7,290 events/s"
    assert units.format_rate(1e9, 10, "bytes") == "95.4 MiB/s"
    assert units.format_rate(1, 0, "events") == units.UNKNOWN
