"""Helpers shared by the public functions: access to the store, run references, and display in a notebook."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping

from hrlab.history.service import RunService
from hrlab.model.errors import UsageError
from hrlab.render.vega import Chart
from hrlab.store.sqlite import RunStore

_STORE_SECONDS = 5.0
VEGA_LITE = "application/vnd.vegalite.v5+json"
_WIDTH_PIXELS = 560


@contextlib.contextmanager
def run_service() -> Iterator[RunService]:
    """Provide the run service on a store that is closed afterwards.

    Raises
    ------
    hrlab.model.errors.StoreError
        If the store cannot be opened within 5 s.
    """
    with contextlib.closing(RunStore.open(timeout_seconds=_STORE_SECONDS)) as store:
        yield RunService(store)


def misnamed(run: object) -> UsageError:
    """Return the error for a `run` that is not a reference to a run."""
    return UsageError(f"A run must be a record, an id, a prefix of an id, or 'last', not {run!r}.")


def show(words: Mapping[str, str], charts: Iterable[Chart]) -> None:
    """Display text by MIME type in IPython and, where charts can be drawn, `charts` below."""
    from IPython.display import display

    display(dict(words), raw=True)  # type: ignore[no-untyped-call]
    if "ipykernel" not in sys.modules:  # terminals cannot draw charts
        return
    for chart in charts:
        spec = {**chart.spec, "width": _WIDTH_PIXELS}
        display({VEGA_LITE: spec, "text/plain": spec["description"]}, raw=True)  # type: ignore[no-untyped-call]
