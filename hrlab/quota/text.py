"""Text form of quotas: a table with a row per limit, then notes and errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hrlab.model.quota import Quota, QuotaReport, is_number, shown
from hrlab.model.units import format_duration
from hrlab.render.text import aligned

_SCOPES = {"user": "you", "group": "your group", "namespace": "namespace", "site": "everybody"}
_HEAD = ("", "used", "limit", "left", "for", "profiles", "source", "age")


def quota_text(report: QuotaReport, now: float) -> str:
    """Return the report as a table with notes; `now` is in UTC epoch seconds."""
    lines: list[str] = []
    if report.quotas:
        lines += _table(report.quotas, now)
    else:
        lines.append("No known limits.")
    lines += _notes(report.quotas)
    lines += [
        f"- {state.source}: {state.error}" for state in report.sources if state.error is not None
    ]
    return "\n".join(lines)


def _table(quotas: Sequence[Quota], now: float) -> list[str]:
    return aligned([_HEAD, *(_row(one, now) for one in quotas)])


def _row(one: Quota, now: float) -> tuple[str, ...]:
    name = f"{one.resource}, {one.label}" if one.label else one.resource
    clusters = "" if one.profiles is None else ", ".join(one.profiles)
    seconds = max(0, round(now - one.as_of_at))
    age = f"{seconds} s" if seconds < 60 else format_duration(seconds)
    amounts = [_amount(value, one.unit) for value in (one.used, one.limit, one.available)]
    return (name, *amounts, _SCOPES[one.scope], clusters, one.source, age)


def _amount(amount: float | str, unit: str) -> str:
    # The row is named by its resource, so numbers go without the noun.
    return shown(amount, unit) if unit == "bytes" or not is_number(amount) else f"{amount:,.10g}"


def _notes(quotas: Sequence[Quota]) -> Iterator[str]:
    for one in quotas:
        name = f"{one.resource}, {one.label}" if one.label else one.resource
        for text in (one.note, one.error):
            if text:
                yield f"- {name}: {text}"
