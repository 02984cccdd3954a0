"""Sync secrets of clusters, again whenever their sources change."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Collection, Mapping

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.background_tasks import BackgroundTasks
from hrlab.clusters.kubernetes.delivery import read, sources_of
from hrlab.clusters.kubernetes.manifest import filled
from hrlab.clusters.kubernetes.offload import away_of
from hrlab.clusters.kubernetes.operations import Operations
from hrlab.clusters.kubernetes.status import ClusterObjects
from hrlab.model.errors import BackendError, InvalidRequestError

#: Between looks at the sources.
LOOK_SECONDS = 10.0


class SecretSync:
    """What is sent to the user's own clusters; a server that was started anew sends everything once."""

    def __init__(self, changes: Operations, errands: BackgroundTasks, log: logging.Logger) -> None:
        self._changes = changes
        self._errands = errands
        self._log = log
        self._sent: dict[str, str] = {}
        self._looked_at: dict[str, float] = {}

    def discard(self, known: Collection[str]) -> None:
        """Drop what is remembered of clusters that are not among `known`."""
        for memory in (self._sent, self._looked_at):
            for uid in [uid for uid in memory if uid not in known]:
                memory.pop(uid)

    def poll(self, cluster_id: str, facts: ClusterObjects, plan: Plan) -> None:
        """See to it that a cluster has what its profile delivers."""
        uid = str(facts.resource["metadata"]["uid"])
        now = time.monotonic()
        due = self._looked_at.get(uid, float("-inf")) + (LOOK_SECONDS if uid in self._sent else 1)
        if now < due:
            return
        self._looked_at[uid] = now
        try:
            sources = sources_of(plan.profile, away_of(filled(plan), plan.owner))
        except InvalidRequestError:
            return  # the profile has changed since
        if sources:
            send = self._send
            self._errands.run(f"{cluster_id} parcel", lambda: send(uid, facts, sources), again=0)

    async def _send(
        self, uid: str, facts: ClusterObjects, sources: Mapping[str, Mapping[str, str]]
    ) -> None:
        contents = {}
        for key, source in sources.items():
            try:
                contents[key] = await asyncio.to_thread(read, source)
            except BackendError as error:  # noqa: PERF203 - what is gone stays as it was
                self._log.warning("hrlab: %s", error.message)
        digest = hashlib.sha256(repr(sorted(contents.items())).encode()).hexdigest()
        if contents and self._sent.get(uid) != digest:
            await self._changes.put_secret(facts, contents)
            self._sent[uid] = digest
