"""One measured figure, and how it compares with its budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A figure. `budget` is the most it may be, in the same unit; None if it only stands beside another."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the budget holds; None without one."""
        return None if self.budget is None else self.value <= self.budget


def table(rows: Sequence[Row]) -> str:
    """Rows as lines of text, aligned."""
    lines = []
    for row in rows:
        verdict = {None: "", True: "holds", False: "DOES NOT HOLD"}[row.holds]
        budget = "" if row.budget is None else f"<= {row.budget:g}"
        figure = f"{row.value:.4g} {row.unit}"
        lines.append(
            f"  {row.what:<62} {figure:>16}  {budget:<10} {verdict:<14} {row.note}".rstrip()
        )
    return "\n".join(lines)


def interval(ratios: Sequence[float]) -> str:
    """95 % interval of the median of `ratios`, by order statistics (no assumption about their distribution)."""
    ordered = sorted(ratios)
    n = len(ordered)
    reach = max(1, round(0.98 * n**0.5))
    low, high = max(0, n // 2 - reach), min(n - 1, (n - 1) // 2 + reach)
    return f"95 % interval {ordered[low]:.3f} to {ordered[high]:.3f}, n={n}"
