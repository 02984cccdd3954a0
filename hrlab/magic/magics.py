"""Registers ``%%hrtime`` and ``%hrtime`` as magics, for ``?``, ``%lsmagic``, completion, errors, and calls from code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.error import UsageError as IPythonUsageError

from hrlab.magic.display import show_run
from hrlab.magic.help import help_text
from hrlab.magic.hooks import CellHooks
from hrlab.magic.options import parse, parse_command
from hrlab.model.errors import HrlabError
from hrlab.timing.contexts import Block

LIST_LENGTH = 20
NO_RUNS = "No runs yet. Put `%%hrtime` at the top of a cell."


class HrtimeMagics:
    """Both magics, bound to the hooks of one shell."""

    def __init__(self, hooks: CellHooks) -> None:
        self.hooks = hooks
        self.timing = hooks.timing

    def register(self, shell: Any) -> None:
        """Register the magics with the shell."""
        for kind, function in (("cell", self.cell), ("line", self.line)):
            shell.register_magic_function(_with_usage_errors(function), kind, "hrtime")

    def cell(self, line: str, cell: str) -> None:
        """Handle a line the hooks could not: one that cannot be parsed, or a call of `run_cell_magic`."""
        request = parse(line)
        shell = self.hooks.shell
        with Block(self.timing, request, cell):
            with _errors_left_to_caller(shell):
                result = shell.run_cell(cell)
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                # Omit IPython's own frame, which precedes the user's.
                raise error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)

    def line(self, line: str) -> None:
        """Run ``%hrtime on|off|start NAME|stop|last|list``."""
        command, rest = parse_command(line)
        commands: dict[str, Callable[[], None]] = {
            "on": self._on,
            "off": self._off,
            "start": lambda: self._start(rest),
            "stop": self.hooks.stop_span,
            "last": self._last,
            "list": self._list,
        }
        commands[command]()

    def _on(self) -> None:
        self.hooks.every_cell = True
        _say("hrlab now times every cell; `%hrtime off` turns this off.")

    def _off(self) -> None:
        self.hooks.every_cell = False
        _say("hrlab no longer times every cell.")

    def _start(self, rest: str) -> None:
        request = parse(rest)
        self.hooks.start_span(request)
        name = f"{request.name!r}" if request.name else "one run"
        _say(f"hrlab times this and the following cells as {name}; `%hrtime stop` ends the run.")

    def _last(self) -> None:
        run = self.timing.last or self.timing.journal.latest()
        if run is None:
            _say(NO_RUNS)
        else:
            show_run(run)

    def _list(self) -> None:
        from hrlab.history.text_list import listing

        _say(listing(self.timing.journal.recent(LIST_LENGTH)) or NO_RUNS)


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the output of a command


def _with_usage_errors(function: Callable[..., None]) -> Callable[..., None]:
    """Show errors raised by hrlab as usage errors, without a traceback."""

    def hrtime(*args: str) -> None:
        __tracebackhide__ = True
        try:
            function(*args)
        except HrlabError as error:
            raise IPythonUsageError(error.message) from None

    hrtime.__doc__ = help_text()
    return hrtime


@contextmanager
def _errors_left_to_caller(shell: Any) -> Iterator[None]:
    """Suppress the shell's traceback inside the block: the caller gets the exception, which would be shown twice."""
    names = ("showtraceback", "showsyntaxerror", "showindentationerror")
    before = {name: vars(shell).get(name) for name in names}
    for name in names:
        setattr(shell, name, lambda *_, **__: None)
    try:
        yield
    finally:
        for name, own in before.items():
            delattr(shell, name)
            if own is not None:
                setattr(shell, name, own)
