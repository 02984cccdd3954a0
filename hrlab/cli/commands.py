"""The commands: each asks a service and writes what it answers."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from hrlab.model.errors import MalformedError, NotFoundError, UsageError
from hrlab.model.run import Run
from hrlab.model.units import format_count, format_duration, format_share, significant
from hrlab.model.wire import encode
from hrlab.render.size_words import advice_text
from hrlab.render.text import aligned, phase_table, text
from hrlab.services.advising import question_from
from hrlab.services.listing import listing
from hrlab.services.runs import RunService
from hrlab.services.shape import any_shape
from hrlab.store.query import MAX_LIMIT, RunQuery


def list_runs(service: RunService, asked: argparse.Namespace) -> None:
    """``list``."""
    labels = tuple(_pair(label, "--label") for label in asked.label)
    if not 1 <= asked.limit <= MAX_LIMIT:
        raise UsageError(f"--limit must be from 1 to {MAX_LIMIT}, not {asked.limit}.")
    query = RunQuery(
        text=" ".join(asked.text), labels=labels, notebook=asked.notebook, limit=asked.limit
    )
    page = service.page(query)
    if asked.json:
        _write_json([run.to_dict() for run in page.runs])
    elif page.runs:
        _write(listing(page.runs, ids=True))
    else:
        _write("No runs. Time one with %%hrtime in a notebook.")


def show(service: RunService, asked: argparse.Namespace) -> None:
    """``show``."""
    record = service.get(service.full_id(asked.run))
    if asked.json:
        _write_json(record)
        return
    run = Run.from_dict(record)
    _write(text(run))
    if run.phases is not None:
        _write(phase_table(run))


def compare(service: RunService, asked: argparse.Namespace) -> None:
    """``compare``."""
    ids = [service.full_id(run) for run in asked.runs]
    like = service.full_id(asked.like) if asked.like else None
    found = service.compare(ids, asked.by, asked.baseline, like=like)
    if asked.json:
        _write_json(found)
        return
    rows: list[tuple[str, ...]] = [("", "runs", "wall time", "threads", "speed-up", "efficiency")]
    rows += [_row(group, found["amount"]) for group in found["groups"]]
    _write(found["headline"])
    _write("\n".join(aligned(rows)))
    for note in found["notes"]:
        _write(f"- {note}")


def size(service: RunService, asked: argparse.Namespace) -> None:
    """``size``."""
    goals = {
        "finish_within_seconds": asked.within,
        "efficiency": asked.efficiency,
        "core_hours": asked.core_hours,
    }
    goal = {name: value for name, value in goals.items() if value is not None}
    pairs = dict(_pair(word, "--workload") for word in asked.workload)
    question = {
        "runs": [service.full_id(asked.run)],
        "goal": goal or {"fastest": True},
        "workload": {name: _number(value, name) for name, value in pairs.items()},
    }
    advice = service.advise(question_from(question), any_shape)
    if asked.json:
        _write_json(encode(advice))
        return
    _write(advice_text(advice))


def export(service: RunService, asked: argparse.Namespace) -> None:
    """``export``."""
    ids = [service.full_id(run) for run in asked.runs] or list(_all_ids(service))
    with _file(asked.file, "w") as file:
        for run_id in ids:
            file.write(json.dumps(service.get(run_id), ensure_ascii=False) + "\n")
    _tell(f"{len(ids)} runs exported.")


def import_runs(service: RunService, asked: argparse.Namespace) -> None:
    """``import``; runs that are there already stay as they are."""
    new = known = 0
    with _file(asked.file, "r") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            record = _read(line, number)
            is_new = service.save(str(record.get("id", "")), record)
            new, known = new + is_new, known + (not is_new)
    _tell(f"{new} runs imported, {known} were there already.")


COMMANDS: Mapping[str, Callable[[RunService, argparse.Namespace], None]] = {
    "list": list_runs,
    "show": show,
    "compare": compare,
    "size": size,
    "export": export,
    "import": import_runs,
}


def _row(group: Mapping[str, Any], amount: str | None) -> tuple[str, ...]:
    name = str(group["label"])
    if amount and group["amount"] is not None:
        name += f", {format_count(group['amount'])} {amount}"
    speed_up = group["speed_up"]
    return (
        name,
        str(len(group["runs"])),
        format_duration(group["wall_seconds"]),
        format_count(group["threads"]),
        "–" if speed_up is None else significant(speed_up),
        format_share(group["efficiency"]),
    )


def _all_ids(service: RunService) -> Iterator[str]:
    offset = 0
    while page := service.page(RunQuery(offset=offset, limit=MAX_LIMIT)).runs:
        yield from (run.id for run in page if run.status != "running")
        offset += len(page)


def _pair(word: str, option: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise UsageError(f"{option} takes NAME=VALUE, not {word!r}.")
    return key, value


def _number(text_: str, name: str) -> float:
    try:
        return float(text_)
    except ValueError:
        raise UsageError(f"--workload {name} must be a number, not {text_!r}.") from None


def _read(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise MalformedError(
            f"Line {number} is not JSON: {error}. Nothing after it was read."
        ) from error
    if not isinstance(found, dict):
        raise MalformedError(f"Line {number} is not a run. Nothing after it was read.")
    return found


@contextlib.contextmanager
def _file(name: str, mode: str) -> Iterator[IO[str]]:
    if name == "-":
        yield sys.stdin if mode == "r" else sys.stdout
        return
    try:
        with open(name, mode, encoding="utf-8") as file:  # noqa: PTH123 - its mode is a parameter
            yield file
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file {name!r}.") from error
    except OSError as error:
        raise UsageError(f"{name!r} can't be used: {error.strerror}.") from error


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


def _write_json(value: object) -> None:
    _write(json.dumps(value, indent=1, ensure_ascii=False))


def _tell(line: str) -> None:
    """For people; what programs read goes to the standard output."""
    sys.stderr.write(line + "\n")
