"""The plugin as it travels: pickled as a call that builds it from its source text.

So the scheduler needs no hrlab and may run another Python, and what was built once serves the next run.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources
from typing import Any

from hrlab.timing.dask.sampler import EVERY_SECONDS

FILES = ("task_counter.py", "sampler.py", "plugin.py")

#: Runs on the scheduler, with `texts`, `name`, `run_id`, `owners` and `every_seconds`; leaves `plugin`.
_BUILD = """
import sys, types
module = sys.modules.get(name)
if module is None:
    module = types.ModuleType(name)
    for file, text in texts:
        exec(compile(text, 'hrlab/timing/dask/' + file, 'exec'), module.__dict__)
    sys.modules[name] = module
sampler = module.Sampler(every_seconds)
plugin = module.RunPlugin(run_id, owners, module.TaskCounter(), module.Numbers(), sampler)
"""
_CALL = "(lambda space: (exec(space['build'], space), space['plugin'])[1])(dict(given))"


@functools.cache
def _texts() -> tuple[tuple[str, str], ...]:
    here = resources.files(__package__)
    return tuple((file, here.joinpath(file).read_text("utf-8")) for file in FILES)


@functools.cache
def module_name() -> str:
    """Name of the module on the scheduler: another version of hrlab gets another one."""
    digest = hashlib.sha256("".join(text for _, text in _texts()).encode()).hexdigest()
    return f"_hrlab_plugin_{digest[:12]}"


class PluginParcel:
    """Unpickles as the plugin of run `run_id`, whose clients are `owners`, and which samples `every_seconds`."""

    def __init__(
        self, run_id: str, owners: list[str], every_seconds: float = EVERY_SECONDS
    ) -> None:
        self.run_id = run_id
        self.owners = owners
        self.every_seconds = every_seconds

    def __reduce__(self) -> tuple[Any, ...]:
        given = {
            "build": _BUILD,
            "texts": _texts(),
            "name": module_name(),
            "run_id": self.run_id,
            "owners": self.owners,
            "every_seconds": self.every_seconds,
        }
        return eval, (_CALL, {"given": given})
