"""Entry point of ``jupyter hrlab``: from words to a service, and from errors to exit codes."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence

from hrlab.cli.arguments import parser
from hrlab.cli.commands import COMMANDS
from hrlab.history.service import RunService
from hrlab.model.errors import (
    HrlabError,
    InvalidRequestError,
    MalformedError,
    StoreError,
    UsageError,
)
from hrlab.store.sqlite import RunStore

#: The first class that fits counts; 1 is everything else that hrlab refuses.
EXIT_CODES: tuple[tuple[type[HrlabError], int], ...] = (
    (UsageError, 2),
    (MalformedError, 2),
    (InvalidRequestError, 2),
    (StoreError, 3),
)
STORE_SECONDS = 5.0
#: What some commands need, and an environment with only IPython and distributed has not.
OPTIONAL = frozenset(("jupyter_client", "nbclient", "nbformat", "scipy", "yaml"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    asked = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe that has no "µ" or "−" gets "?" rather than nothing at all.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        with contextlib.closing(RunStore.open(asked.store, timeout_seconds=STORE_SECONDS)) as store:
            return COMMANDS[asked.command](RunService(store), asked) or 0
    except HrlabError as error:
        sys.stderr.write(f"hrlab: {error.message}\n")
        return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        needs = f"`{asked.command}` needs {error.name}, which this environment does not have"
        sys.stderr.write(f"hrlab: {needs}. Install it here, or call where JupyterLab runs.\n")
        return 1
    except BrokenPipeError:  # `jupyter hrlab list | head`
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
