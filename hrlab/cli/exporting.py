"""``jupyter hrlab export`` and ``import``."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from string import hexdigits
from typing import IO, Any

from hrlab.export.files import FORMATS, all_ids, format_of, read, write
from hrlab.history.service import RunService
from hrlab.history.text_list import ID_LENGTH
from hrlab.model.errors import MalformedError, NotFoundError, UsageError
from hrlab.model.redaction import ALL, SECRETS, secrets_of


def add_redact(command: Any) -> None:
    """The option ``--redact``, which everything that leaves has."""
    meanings = "; ".join(f"{name}: {what}" for name, what in SECRETS.items())
    command.add_argument(
        "--redact",
        default="",
        metavar="WHAT",
        help=f"keep back any of {','.join(ALL)} (separated by commas), or all. {meanings}",
    )


def add_export(commands: Any) -> None:
    """The parser of ``export``."""
    what = "Write runs as JSON lines, CSV or InfluxDB's line protocol."
    made = commands.add_parser("export", help=what, description=what)
    made.add_argument("file", help="the file, or - for the standard output")
    made.add_argument("runs", nargs="*", help="ids, or beginnings of them; all if none is given")
    made.add_argument(
        "--format",
        choices=FORMATS,
        help="jsonl (comes back without loss), csv (flat) or influx (line protocol); "
        "by default what the file's name ends in (.csv, .lp), else jsonl",
    )
    add_redact(made)


def add_import(commands: Any) -> None:
    """The parser of ``import``."""
    what = "Read runs that `export` wrote, or a table of wall times (CSV)."
    made = commands.add_parser("import", help=what, description=what)
    made.add_argument("file", help="the file, or - for the standard input")
    made.add_argument("--name", help="name of runs whose row has none; by default the file's")


def export(service: RunService, asked: argparse.Namespace) -> None:
    """``export``."""
    secrets = secrets_of(asked.redact)
    if not asked.runs and _is_run(service, asked.file):
        raise UsageError(
            f"{asked.file!r} is a run, and the file comes first: jupyter hrlab export runs.jsonl {asked.file}"
        )
    ids = [service.full_id(run) for run in asked.runs] or list(all_ids(service))
    with opened(asked.file, "w") as file:
        count = write(service, ids, file, format_of(asked.file, asked.format), secrets)
    where = "" if asked.file == "-" else f" to {asked.file}"
    _notify(f"{count} runs exported{where}.")


def _is_run(service: RunService, word: str) -> bool:
    """Whether a run is meant: the file was forgotten, and all runs would go into one of the run's name."""
    if word != "last" and (len(word) < ID_LENGTH or set(word) - set(hexdigits)):
        return False
    with contextlib.suppress(NotFoundError):
        return bool(service.full_id(word))
    return False


def import_runs(service: RunService, asked: argparse.Namespace) -> None:
    """``import``; runs that are there already stay as they are."""
    name = asked.name or ("imported" if asked.file == "-" else Path(asked.file).stem)
    with opened(asked.file, "r") as file:
        try:
            done = read(service, file, name)
        except UnicodeDecodeError as error:
            raise MalformedError(f"{asked.file!r} is not UTF-8 text: {error}.") from error
    _notify(f"{done.new} runs imported, {done.known} were there already.")


@contextlib.contextmanager
def opened(name: str, mode: str) -> Iterator[IO[str]]:
    """The file `name`, or a standard stream for ``-``."""
    if name == "-":
        yield sys.stdin if mode == "r" else sys.stdout
        return
    try:
        # Line ends as they are: a text in a CSV cell may have some.
        with open(name, mode, encoding="utf-8", newline="") as file:  # noqa: PTH123 - its mode is a parameter
            yield file
    except FileNotFoundError as error:
        what = f"file {name!r}" if mode == "r" else f"folder {str(Path(name).parent)!r}"
        raise NotFoundError(f"There is no {what}.") from error
    except OSError as error:
        raise UsageError(f"{name!r} can't be used: {error.strerror}.") from error


def _notify(line: str) -> None:
    """For people; what programs read goes to the standard output."""
    sys.stderr.write(line + "\n")
