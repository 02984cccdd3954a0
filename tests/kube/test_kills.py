"""``kill -9`` of server, operator and scheduler, and loss of the API, at random instants of every step.

That takes more than ten minutes, so only ``python -m tests.kube --long`` does it; ``HRLAB_TEST_KILLS`` says how many of each
there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import time

import pytest

from tests.kube.__main__ import ROOT
from tests.kube.life import LONG_SECONDS, STEPS, live
from tests.kube.losses import SEED, scheduler_of
from tests.kube.user import is_ready

KILLS = int(os.environ.get("HRLAB_TEST_KILLS", "13"))
SPAN_SECONDS = {"start": 4.0, "ready": 1.0, "scale": 2.0, "close": 1.5}

pytestmark = [
    pytest.mark.skipif(
        "HRLAB_TEST_LONG" not in os.environ, reason="Long: python -m tests.kube --long"
    ),
    pytest.mark.timeout(4 * LONG_SECONDS),
]


@pytest.fixture
def instant(request, attempt):
    """A step, and a time within it."""
    step = STEPS[attempt % len(STEPS)]
    chance = random.Random(f"{SEED} {request.node.name}")
    seconds = chance.uniform(0, SPAN_SECONDS[step])
    print(f"HRLAB_TEST_SEED={SEED}: {step} + {seconds:.2f} s")
    return step, seconds


async def strike(user, instant, kill) -> None:
    """Let a cluster live, and kill in the midst of it."""
    wanted, seconds = instant
    begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def reached(step: str, cluster_id: str) -> None:
        if step == wanted:
            begun.set_result(cluster_id)

    living = asyncio.create_task(live(user, reached))
    await asyncio.wait([living, begun], return_when=asyncio.FIRST_COMPLETED)
    if begun.done():
        await asyncio.sleep(seconds)
        await kill(begun.result())
    await living


@pytest.mark.parametrize("attempt", range(KILLS))
async def test_the_operator_is_killed(user, bed, instant, attempt):
    async def kill(_id: str) -> None:
        bed.kill("operator")
        await asyncio.sleep(0.5)
        bed.start_operator()  # not from a thread: it would die with that (PR_SET_PDEATHSIG)

    await strike(user, instant, kill)


@pytest.mark.parametrize("attempt", range(KILLS))
async def test_the_scheduler_is_killed(user, bed, instant, attempt):
    async def kill(cluster_id: str) -> None:
        for _ in range(100):  # it may not have begun yet, or have ended
            with contextlib.suppress(LookupError, ProcessLookupError):
                os.kill(scheduler_of(cluster_id), signal.SIGKILL)
                return
            if instant[0] == "close":
                return
            await asyncio.sleep(0.1)

    await strike(user, instant, kill)


@pytest.mark.parametrize("attempt", range(KILLS))
async def test_the_api_is_lost(user, bed, instant, attempt):
    async def kill(_id: str) -> None:
        bed.call("POST", "/_test/away", {"seconds": 2})

    await strike(user, instant, kill)


@pytest.mark.parametrize("attempt", range(KILLS))
async def test_the_jupyter_server_is_killed(user, site, bed, instant, attempt, tmp_path):
    wanted, seconds = instant
    user.kept = tmp_path / "kubernetes.json"
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "tests.kube.life"),
        *(site.namespace, site.image, str(user.kept)),
        cwd=ROOT,
        env={**os.environ, **site.notebook_environment()},
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout
    cluster_id = ""
    async for line in server.stdout:
        step, cluster_id = line.decode().split()
        if step == wanted:
            break
    assert cluster_id
    await asyncio.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        server.kill()
    await server.wait()

    await user.arrive()
    if wanted == "close":  # as was asked of the server that is gone
        await user.sees_gone(cluster_id, LONG_SECONDS)
        return
    deadline = time.monotonic() + 3
    while (shown := user.shown(cluster_id)) is None and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    if shown is None:  # it was killed before the API had taken the cluster
        assert wanted == "start"
        return
    await user.sees(cluster_id, is_ready, LONG_SECONDS)
