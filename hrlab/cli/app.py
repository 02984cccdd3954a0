"""Entry point of ``jupyter hrlab``: dispatches to a command and maps errors to exit codes."""

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

#: The first matching class decides; every other HrlabError exits with 1.
EXIT_CODES: tuple[tuple[type[HrlabError], int], ...] = (
    (UsageError, 2),
    (MalformedError, 2),
    (InvalidRequestError, 2),
    (StoreError, 3),
)
STORE_SECONDS = 5.0
#: Modules that only some commands need; a kernel-only environment lacks them.
OPTIONAL = frozenset(("jupyter_client", "nbclient", "nbformat", "scipy", "yaml"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments
        Command line without the program's name; `sys.argv` by default.
    """
    asked = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # Replace characters the terminal cannot encode ("µ", "−") with "?" instead of failing.
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
        needs = f"`{asked.command}` needs {error.name}, which is not installed in this environment"
        sys.stderr.write(
            f"hrlab: {needs}. Install it, or use the environment that runs JupyterLab.\n"
        )
        return 1
    except BrokenPipeError:  # `jupyter hrlab list | head`
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
