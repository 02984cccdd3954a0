"""The commands ``jupyter hrlab export`` and ``import``."""

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
    """Add the option ``--redact``, shared by all commands that export runs."""
    meanings = "; ".join(f"{name}: {what}" for name, what in SECRETS.items())
    command.add_argument(
        "--redact",
        default="",
        metavar="WHAT",
        help=f"remove any of {','.join(ALL)} (comma-separated), or all. {meanings}",
    )


def add_export(commands: Any) -> None:
    """Add the parser of ``export``."""
    what = "Write runs as JSON lines, CSV or InfluxDB's line protocol."
    made = commands.add_parser("export", help=what, description=what)
    made.add_argument("file", help="output file, or - for standard output")
    made.add_argument("runs", nargs="*", help="run ids or prefixes of them (default: all runs)")
    made.add_argument(
        "--format",
        choices=FORMATS,
        help="jsonl (lossless), csv (flat) or influx (line protocol); "
        "default: from the file extension (.csv, .lp), else jsonl",
    )
    add_redact(made)


def add_import(commands: Any) -> None:
    """Add the parser of ``import``."""
    what = "Import runs written by `export`, or a CSV table of wall times."
    made = commands.add_parser("import", help=what, description=what)
    made.add_argument("file", help="input file, or - for standard input")
    made.add_argument("--name", help="name of runs whose row has none (default: the file's name)")


def export(service: RunService, asked: argparse.Namespace) -> None:
    """Run ``export``."""
    secrets = secrets_of(asked.redact)
    if not asked.runs and _is_run(service, asked.file):
        raise UsageError(
            f"{asked.file!r} is a run; the output file comes first: jupyter hrlab export runs.jsonl {asked.file}"
        )
    ids = [service.full_id(run) for run in asked.runs] or list(all_ids(service))
    with opened(asked.file, "w") as file:
        count = write(service, ids, file, format_of(asked.file, asked.format), secrets)
    where = "" if asked.file == "-" else f" to {asked.file}"
    _notify(f"{count} runs exported{where}.")


def _is_run(service: RunService, word: str) -> bool:
    """Whether `word` names a run.

    The user then forgot the output file, and all runs would be written to a file named like the run.
    """
    if word != "last" and (len(word) < ID_LENGTH or set(word) - set(hexdigits)):
        return False
    with contextlib.suppress(NotFoundError):
        return bool(service.full_id(word))
    return False


def import_runs(service: RunService, asked: argparse.Namespace) -> None:
    """Run ``import``; runs already in the store are left unchanged."""
    name = asked.name or ("imported" if asked.file == "-" else Path(asked.file).stem)
    with opened(asked.file, "r") as file:
        try:
            done = read(service, file, name)
        except UnicodeDecodeError as error:
            raise MalformedError(f"{asked.file!r} is not UTF-8 text: {error}.") from error
    _notify(f"{done.new} runs imported, {done.known} already in the store.")


@contextlib.contextmanager
def opened(name: str, mode: str) -> Iterator[IO[str]]:
    """Open the file `name`, or a standard stream for ``-``.

    Raises
    ------
    NotFoundError
        If the file to read, or the folder to write to, does not exist.
    UsageError
        If the file cannot be opened for another reason.
    """
    if name == "-":
        yield sys.stdin if mode == "r" else sys.stdout
        return
    try:
        # Keep line endings: a CSV cell may contain some.
        with open(name, mode, encoding="utf-8", newline="") as file:  # noqa: PTH123 - its mode is a parameter
            yield file
    except FileNotFoundError as error:
        what = f"file {name!r}" if mode == "r" else f"folder {str(Path(name).parent)!r}"
        raise NotFoundError(f"No such {what}.") from error
    except OSError as error:
        raise UsageError(f"{name!r} cannot be opened: {error.strerror}.") from error


def _notify(line: str) -> None:
    """Print a message for the user; standard output is reserved for data."""
    sys.stderr.write(line + "\n")
