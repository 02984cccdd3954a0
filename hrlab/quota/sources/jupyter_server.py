"""CPU and memory of the Jupyter server's machine or pod: control group, and JupyterHub's limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hrlab.model.options import OptionError, memory_bytes
from hrlab.model.quota import UNKNOWN, Quota, quota
from hrlab.quota.sources.threads import in_own_thread

#: Variables set by JupyterHub's spawners: bytes (or ``2G``), and cores.
MEM_LIMIT, CPU_LIMIT = "MEM_LIMIT", "CPU_LIMIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Resources of a machine, as seen from its container.

    Attributes
    ----------
    cores, memory_bytes
        Limits.
    cores_used, memory_used_bytes
        Usage; None if unknown.
    """

    cores: float
    memory_bytes: int
    cores_used: float | None
    memory_used_bytes: int | None


class ServerQuotas:
    """Source ``server``.

    Parameters
    ----------
    look
        Measures the machine; called in a thread.
    environ
        Environment of the Jupyter server.
    profiles
        Profiles whose workers run on this machine.
    clock
        UTC epoch seconds.
    """

    name = "server"
    fresh_seconds = 5.0

    def __init__(
        self,
        look: Callable[[], Machine],
        environ: Mapping[str, str],
        profiles: Sequence[str],
        clock: Callable[[], float],
    ) -> None:
        self._look = look
        self._environ = environ
        self._profiles = profiles
        self._clock = clock

    async def quotas(self) -> Sequence[Quota]:
        """Return cores and memory."""
        machine = await in_own_thread(self._look)
        cores = _least(machine.cores, self._given(CPU_LIMIT, float))
        memory = _least(machine.memory_bytes, self._given(MEM_LIMIT, memory_bytes))
        amounts = (
            ("cores", cores, machine.cores_used),
            ("memory", memory, machine.memory_used_bytes),
        )
        return [
            quota(
                resource,
                "user",
                self.name,
                self._clock(),
                limit=limit,
                used=UNKNOWN if used is None else used,
                label="The machine that runs JupyterLab",
                profiles=self._profiles,
            )
            for resource, limit, used in amounts
        ]

    def _given(self, name: str, read: Callable[[str], float]) -> float | None:
        """Return a limit from the environment; None if unset or invalid."""
        try:
            limit = read(self._environ.get(name, ""))
        except (OptionError, ValueError):
            return None
        return limit if limit > 0 else None


def _least(limit: float, other: float | None) -> float:
    return limit if other is None else min(limit, other)
