"""What a user says of a run when it starts."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from hrlab.model.errors import InvalidRecordError, UsageError
from hrlab.model.run import Approach, CampaignPoint, Input
from hrlab.model.wire import decode


@dataclass(frozen=True, slots=True)
class Request:
    """What the user says of a run when it starts; the fields are those of the record."""

    name: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    workload: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    approach: Approach | None = None
    inputs: tuple[Input, ...] = ()
    quiet: bool = False
    notebook: str | None = None
    campaign: CampaignPoint | None = None

    def completed(self, words: Request) -> Request:
        """The request with what a later cell of the same run says of it, where it says nothing itself."""
        return replace(
            self,
            name=self.name or words.name,
            labels={**words.labels, **self.labels},
            workload={**words.workload, **self.workload},
            note=self.note or words.note,
            approach=self.approach or words.approach,
            inputs=self.inputs or words.inputs,
        )


def request_of(
    name: str | None,
    *,
    labels: Mapping[str, str] | None,
    workload: Mapping[str, float] | None,
    note: str,
    approach: Approach | None,
    inputs: Sequence[Mapping[str, Any]] | None,
    quiet: bool,
) -> Request:
    """A request from what code says.

    Raises
    ------
    UsageError
        If a value of the workload is no amount, the approach is unknown, or an input has no name.
    """
    if approach is not None and approach not in get_args(Approach):
        raise UsageError(
            f"approach must be one of {', '.join(get_args(Approach))}, not {approach!r}."
        )
    return Request(
        name=None if name is None else str(name),
        labels={str(key): str(value) for key, value in (labels or {}).items()},
        workload={str(key): _amount(key, value) for key, value in (workload or {}).items()},
        note=str(note),
        approach=approach,
        inputs=tuple(_input(item, f"inputs[{i}]") for i, item in enumerate(inputs or ())),
        quiet=quiet,
    )


def _amount(key: object, value: Any) -> float:
    # NumPy's numbers are such as well, and its booleans are not.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise UsageError(f"workload[{key!r}] must be a number, not {value!r}.")
    amount = float(value)
    if not math.isfinite(amount) or amount < 0:
        raise UsageError(f"workload[{key!r}] must be a finite number of 0 or more, not {value!r}.")
    return amount


def _input(item: Mapping[str, Any], path: str) -> Input:
    try:
        return decode(Input, item, path)
    except InvalidRecordError as error:
        raise UsageError(error.message) from error
