"""What functions that users call in code share: the store for a moment, what names a run, and pictures in a notebook."""

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
    """The service of kept runs, on a store that is closed afterwards.

    Raises
    ------
    hrlab.model.errors.StoreError
        If the store is not there within 5 s.
    """
    with contextlib.closing(RunStore.open(timeout_seconds=_STORE_SECONDS)) as store:
        yield RunService(store)


def misnamed(run: object) -> UsageError:
    """The error of a `run` that is none, and names none."""
    return UsageError(f"A run is a record, its id, the beginning of it, or 'last', not {run!r}.")


def show(words: Mapping[str, str], charts: Iterable[Chart]) -> None:
    """Show in IPython: `words` by MIME type and, where pictures can be drawn, `charts` below."""
    from IPython.display import display

    display(dict(words), raw=True)  # type: ignore[no-untyped-call]
    if "ipykernel" not in sys.modules:  # a terminal draws none
        return
    for chart in charts:
        spec = {**chart.spec, "width": _WIDTH_PIXELS}
        display({VEGA_LITE: spec, "text/plain": spec["description"]}, raw=True)  # type: ignore[no-untyped-call]
