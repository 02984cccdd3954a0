"""Formats numbers for people: three significant digits and a unit (``2 min 3 s``, ``480 ms``, ``19.5 GiB``).

Shared by all renderers. The browser's formatter gives the same texts: both are tested against
``tests/data/units.json``.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "–"
MINUS = "\u2212"

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_BINARY_STEP = 1024


def significant(value: float, digits: int = 3) -> str:
    """Format `value` with at least `digits` significant digits and no exponent: 12.0, 4.10, 480, 1135."""
    if not math.isfinite(value):
        return UNKNOWN
    if value == 0:
        return "0"
    text = _fixed(value, digits)
    # 9.996 has one digit before the point, but rounds to 10.0, which has two.
    return _fixed(float(text), digits) if float(text) else text


def _fixed(value: float, digits: int) -> str:
    before_point = math.floor(math.log10(abs(value))) + 1
    # Round half away from zero, as JavaScript's toFixed does, so that panel and terminal agree.
    step = Decimal(1).scaleb(-max(0, digits - before_point))
    return f"{Decimal(value).quantize(step, ROUND_HALF_UP):f}"


def format_duration(seconds: float | None) -> str:
    """A length of time.

    Parameters
    ----------
    seconds
        Length in seconds; None if unknown.

    Returns
    -------
    str
        ``0 s``, ``350 µs``, ``480 ms``, ``4.10 s``, ``37.2 s``, ``2 min 3 s``, ``1 h 5 min``, ``3 d 4 h``; below
        a microsecond ``< 1 µs``.
    """
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    if seconds < 0:
        return f"{MINUS}{format_duration(-seconds)}"
    if seconds == 0:
        return "0 s"
    if seconds < 1e-6:
        return "< 1 µs"
    for unit, size, limit in (("µs", 1e-6, 1000.0), ("ms", 1e-3, 1000.0), ("s", 1.0, 60.0)):
        text = significant(seconds / size)
        if float(text) < limit:
            return f"{text} {unit}"
    return _format_long(round(seconds))


def _format_long(seconds: int) -> str:
    """Format two adjacent units, from one minute on; the second one is omitted if 0."""
    if seconds < _HOUR:
        return _two(seconds, _MINUTE, "min", 1, "s")
    minutes = _round_half_up(seconds, _MINUTE)
    if minutes * _MINUTE < _DAY:
        return _two(minutes * _MINUTE, _HOUR, "h", _MINUTE, "min")
    hours = _round_half_up(seconds, _HOUR)
    return _two(hours * _HOUR, _DAY, "d", _HOUR, "h")


def _round_half_up(value: int, step: int) -> int:
    return (value + step // 2) // step


def _two(seconds: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    first, rest = divmod(seconds, large)
    second = rest // small
    return f"{first} {large_unit} {second} {small_unit}" if second else f"{first} {large_unit}"


def format_bytes(count: float | None) -> str:
    """Format bytes in binary units as Dask does: ``512 B``, ``19.5 GiB``, ``20 GiB``."""
    if count is None or not math.isfinite(count):
        return UNKNOWN
    if count < 0:
        return f"{MINUS}{format_bytes(-count)}"
    value = float(count)
    for unit in _BINARY_UNITS:
        text = _trimmed(significant(value) if unit != "B" else str(round(value)))
        if float(text) < _BINARY_STEP or unit == _BINARY_UNITS[-1]:
            break
        value /= _BINARY_STEP
    return f"{text} {unit}"


def _trimmed(text: str) -> str:
    """Remove zeros after the decimal point: sizes are often round."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_count(count: float | None) -> str:
    """Format a count in groups of three digits: ``980``, ``20,000``; three significant digits if not an integer."""
    if count is None or not math.isfinite(count):
        return UNKNOWN
    if float(count).is_integer() or abs(count) >= 1000:
        return f"{round(count):,}".replace("-", MINUS)
    return significant(count).replace("-", MINUS)


def counted(count: int, noun: str) -> str:
    """Format a count with its noun: ``1 task``, ``980 tasks``."""
    return f"{format_count(count)} {noun}" if count == 1 else f"{format_count(count)} {noun}s"


def pods_in_words(count: int) -> str:
    """Describe other pods seen during a run: ``3 pods of other clusters ran on its nodes``."""
    return f"{counted(count, 'pod')} of other clusters ran on its nodes"


def format_share(share: float | None) -> str:
    """Format a share from 0 to 1 in whole per cent; ``< 1 %`` for small but nonzero values."""
    if share is None or not math.isfinite(share):
        return UNKNOWN
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1:
        return "> 99 %"
    return f"{round(100 * share)} %".replace("-", MINUS)


#: Larger growth is given as a factor: nobody reads "+25,670 %".
MOST_TIMES = 10


def format_change(before: float, after: float) -> str:
    """Format a relative change: ``−6 %``, ``+12 %``, ``±0 %``; from a factor of ten on ``258 times``."""
    if before <= 0 or not math.isfinite(before) or not math.isfinite(after):
        return UNKNOWN
    if after / before >= MOST_TIMES:
        return f"{format_count(float(f'{after / before:.3g}'))} times"
    percent = round(100 * (after - before) / before)
    return f"{percent:+d} %".replace("-", MINUS) if percent else "±0 %"


def format_rate(count: float, seconds: float, noun: str) -> str:
    """Format `count` per second: ``7,280 events/s``; unknown if no time passed."""
    if seconds <= 0:
        return UNKNOWN
    rate = count / seconds
    if rate >= 1000:
        rate = float(f"{rate:.3g}")
    shown = format_bytes(rate) if noun == "bytes" else f"{format_count(rate)} {noun}"
    return f"{shown}/s"
