"""The key ``hrlab`` in the metadata of an execute request, set by the front end for "Run with timing"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hrlab.model.run import CampaignPoint, SourceKind
from hrlab.timing.request import Request

KEY = "hrlab"
MAX_TEXT = 500
#: Maximum number of labels, and of workload amounts, accepted from a request.
MAX_PAIRS = 50


@dataclass(frozen=True, slots=True)
class CellMetadata:
    """One cell of a run started by the front end.

    Attributes
    ----------
    run_id
        Run that the cell belongs to; created by the front end.
    index, count
        Position of the cell in the run, from 0, and number of cells.
    whole
        Whether the run covers all code cells of the notebook.
    labels, workload, campaign
        Set by headless execution; they take precedence over the cells' own options.
    """

    run_id: str
    index: int = 0
    count: int = 1
    name: str | None = None
    notebook: str | None = None
    whole: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    workload: Mapping[str, float] = field(default_factory=dict)
    campaign: CampaignPoint | None = None

    @property
    def last(self) -> bool:
        """Whether this is the last cell of the run."""
        return self.index >= self.count - 1

    @property
    def kind(self) -> SourceKind:
        """Kind of source that is timed."""
        if self.whole:
            return "notebook"
        return "cell" if self.count == 1 else "cells"

    def request(self, words: Request) -> Request:
        """Combine the options of the cell's own ``%%hrtime`` line with the metadata."""
        return replace(
            words,
            name=words.name or self.name,
            notebook=self.notebook,
            labels={**words.labels, **self.labels},
            workload={**words.workload, **self.workload},
            campaign=self.campaign,
        )


def asked_of(parent: Any) -> CellMetadata | None:
    """Parse the metadata of the execute request `parent`.

    Returns None if the metadata is missing or invalid; the cell is then an ordinary one.
    """
    metadata = parent.get("metadata") if isinstance(parent, Mapping) else None
    found = metadata.get(KEY) if isinstance(metadata, Mapping) else None
    if not isinstance(found, Mapping) or not _is_run_id(found.get("run_id")):
        return None
    index, count = found.get("index"), found.get("count")
    index, count = 0 if index is None else index, 1 if count is None else count
    if type(index) is not int or type(count) is not int or not 0 <= index < count:
        return None
    return CellMetadata(
        run_id=found["run_id"],
        index=index,
        count=count,
        name=_text(found.get("name")),
        notebook=_text(found.get("notebook")),
        whole=found.get("whole") is True,
        labels=_pairs(found.get("labels"), str),
        workload={
            key: float(value)
            for key, value in _pairs(found.get("workload"), (int, float)).items()
            if not isinstance(value, bool) and math.isfinite(value) and value >= 0
        },
        campaign=_campaign(found.get("campaign")),
    )


def _is_run_id(text: object) -> bool:
    return isinstance(text, str) and len(text) == 32 and not set(text) - set("0123456789abcdef")


def _text(value: object) -> str | None:
    return value[:MAX_TEXT] if isinstance(value, str) and value.strip() else None


def _pairs(value: object, kind: type | tuple[type, ...]) -> dict[str, Any]:
    """Return the valid items of a mapping: short names and values of type `kind`."""
    if not isinstance(value, Mapping):
        return {}
    fit = [
        (key, item) for key, item in value.items() if _text(key) == key and isinstance(item, kind)
    ]
    return dict(fit[:MAX_PAIRS])


def _campaign(value: object) -> CampaignPoint | None:
    found = value if isinstance(value, Mapping) else {}
    name, point = _text(found.get("id")), _text(found.get("point"))
    return CampaignPoint(name, point) if name and point else None
