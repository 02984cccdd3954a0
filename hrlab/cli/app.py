"""Entry point of ``jupyter hrlab``: from words to a service, and from errors to exit codes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from hrlab.cli.arguments import parser
from hrlab.cli.commands import COMMANDS
from hrlab.model.errors import HrlabError, MalformedError, StoreError, UsageError
from hrlab.services.runs import RunService
from hrlab.store.sqlite import RunStore

#: The first class that fits counts; 1 is everything else that hrlab refuses.
EXIT_CODES: tuple[tuple[type[HrlabError], int], ...] = (
    (UsageError, 2),
    (MalformedError, 2),
    (StoreError, 3),
)
STORE_SECONDS = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    asked = parser().parse_args(arguments)
    try:
        with contextlib.closing(RunStore.open(asked.store, timeout_seconds=STORE_SECONDS)) as store:
            return COMMANDS[asked.command](RunService(store), asked) or 0
    except HrlabError as error:
        sys.stderr.write(f"hrlab: {error.message}\n")
        return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)
    except BrokenPipeError:  # `jupyter hrlab list | head`
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
