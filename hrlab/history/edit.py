"""Edits of a run by its user, sent as a JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hrlab.model.errors import InvalidRecordError, MalformedError
from hrlab.model.run import (
    MAX_LABEL_CHARACTERS,
    MAX_LABELS,
    MAX_NAME_CHARACTERS,
    MAX_NOTE_CHARACTERS,
)
from hrlab.model.suggest import did_you_mean

FIELDS = ("name", "labels", "note", "deleted")


@dataclass(frozen=True, slots=True)
class Patch:
    """Changes to a run; None leaves a field unchanged, `labels` replaces all labels."""

    name: str | None = None
    labels: Mapping[str, str] | None = None
    note: str | None = None
    restore: bool = False

    @property
    def annotates(self) -> bool:
        """Whether name, labels or note change."""
        return any(value is not None for value in (self.name, self.labels, self.note))


def read_patch(patch: object) -> Patch:
    """Parse a JSON value as a change to a run.

    Raises
    ------
    MalformedError
        If it is not an object, is empty, or has a field that cannot be changed.
    InvalidRecordError
        If the value of a field is invalid.
    """
    if not isinstance(patch, Mapping) or not patch:
        raise MalformedError(f"A change must be a JSON object with any of {', '.join(FIELDS)}.")
    for field in patch:
        if field not in FIELDS:
            hint = did_you_mean(str(field), FIELDS)
            raise MalformedError(f"{field!r} of a run cannot be changed. {hint}", field=field)
    if patch.get("deleted", False) is not False:
        raise _invalid("deleted", "can only be set to false; DELETE deletes a run")
    return Patch(
        name=_text(patch, "name", MAX_NAME_CHARACTERS),
        labels=_labels(patch["labels"]) if "labels" in patch else None,
        note=_text(patch, "note", MAX_NOTE_CHARACTERS),
        restore="deleted" in patch,
    )


def _text(patch: Mapping[str, object], field: str, limit: int) -> str | None:
    if field not in patch:
        return None
    value = patch[field]
    if not isinstance(value, str):
        raise _invalid(field, "must be a string")
    if len(value) > limit:
        raise _invalid(field, f"has {len(value)} characters; the limit is {limit}")
    return value


def _labels(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
        raise _invalid("labels", "must be an object whose values are strings")
    if len(value) > MAX_LABELS:
        raise _invalid("labels", f"has {len(value)} entries; the limit is {MAX_LABELS}")
    for key, text in value.items():
        if not key or len(key) + len(text) > MAX_LABEL_CHARACTERS:
            what = f"{key[:40]!r} must have a key and at most {MAX_LABEL_CHARACTERS} characters"
            raise _invalid("labels", f"is invalid: {what}")
    return dict(value)


def _invalid(field: str, why: str) -> InvalidRecordError:
    return InvalidRecordError(f"{field} {why}.", path=field)
