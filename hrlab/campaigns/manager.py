"""Campaigns as the panel sees them: begun in a process of their own, followed by their status files, cancelled, dismissed.

All of it blocks for moments: a server calls it in a thread.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hrlab.campaigns.own_cluster import own_cluster
from hrlab.campaigns.scaling_study import ScalingPlan
from hrlab.campaigns.status_file import (
    ACTIVE,
    FOLDER,
    LOG,
    is_alive,
    read_status,
    write_private,
    write_status,
)
from hrlab.model.errors import (
    BackendError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UsageError,
)
from hrlab.model.profile import Profile
from hrlab.model.site_limit import SiteLimit
from hrlab.model.wire import encode
from hrlab.shared.users import user_name
from hrlab.store.location import VARIABLE
from hrlab.store.process import Process, is_gone, this_process

#: What has ended is forgotten after so long.
KEPT_SECONDS = 86400.0
DECLARATION, PROFILES, CANCELLED = "campaign.yaml", "profiles.json", "cancelled"
#: What of a status is told.
_TOLD = (
    "id", "name", "notebook", "profile", "run_id", "state", "points", "done", "failed", "point",
    "left_seconds", "message", "seconds", "core_hours", "started_at", "compare_by", "baseline",
)  # fmt: skip


class Campaigns:
    """All campaigns of this user on this machine.

    Parameters
    ----------
    runtime_dir
        Jupyter's.
    root
        The folder that paths of notebooks start from.
    store
        Where runs are kept.
    profiles, limits
        What clusters may be made of, and what the site allows this user.
    """

    def __init__(
        self,
        runtime_dir: Path,
        root: Path,
        store: Path,
        profiles: Mapping[str, Profile],
        limits: Sequence[SiteLimit] = (),
    ) -> None:
        self._runtime_dir = runtime_dir
        self._folder = runtime_dir / FOLDER
        self.root = root
        self._store = store
        self._profiles = profiles
        self._limits = limits
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._leaving: list[subprocess.Popen[bytes]] = []  # have said how they ended

    def list(self) -> list[dict[str, Any]]:
        """Return running and recently finished campaigns, newest first."""
        self._reap()
        folders = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        found = [told for folder in folders if (told := self._told(folder)) is not None]
        return sorted(found, key=lambda one: -float(one["started_at"] or 0))

    def get(self, campaign_id: str) -> dict[str, Any]:
        """Return one campaign.

        Raises
        ------
        NotFoundError
            If there is no such campaign.
        """
        self._reap()
        told = self._told(self._of(campaign_id))
        if told is None:
            raise _no_campaign(campaign_id)
        return told

    def active(self) -> bool:
        """Return whether a campaign is running."""
        return any(one["state"] in ACTIVE for one in self.list())

    def check(self, plan: ScalingPlan) -> None:
        """Refuse a notebook that would not use the clusters of its points, before anything starts.

        Raises
        ------
        InvalidRequestError
            That names the cell.
        """
        try:
            text = (self.root / plan.notebook).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return  # whoever executes it says so
        found = own_cluster(text)
        if found is not None:
            message = found.refusal(plan.notebook)
            raise InvalidRequestError(
                message,
                refusals=[{"limit": "run", "asked": None, "left": None, "message": message}],
            )

    def start(self, plan: ScalingPlan) -> dict[str, Any]:
        """Execute a plan in a separate process that outlives this server.

        Raises
        ------
        HrlabError
            If the notebook can't be read, its cells are not there, or this campaign is on already.
        """
        from hrlab.campaigns.parser import sweep_from
        from hrlab.campaigns.runner import identity

        declaration = plan.declaration(self.root)
        try:
            campaign_id = identity(sweep_from(declaration, "campaign"), self.root)
        except UsageError as error:
            raise InvalidRequestError(error.message, refusals=[]) from error
        folder = self._of(campaign_id)
        known = self._told(folder)
        if known is not None and known["state"] in ACTIVE:
            raise ConflictError(f"{plan.name!r} is being measured already.", id=campaign_id)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        write_private(folder / DECLARATION, declaration)
        write_private(folder / PROFILES, self._site())
        (folder / CANCELLED).unlink(missing_ok=True)
        write_status(folder, self._first(plan, campaign_id))
        if campaign_id in self._children:
            self._leaving.append(self._children[campaign_id])
        self._children[campaign_id] = self._start(folder)
        return self.get(campaign_id)

    def end(self, campaign_id: str) -> None:
        """Cancel a running campaign: gracefully, or immediately if already cancelled. Dismiss a finished one."""
        told = self.get(campaign_id)
        folder = self._of(campaign_id)
        if told["state"] not in ACTIVE:
            shutil.rmtree(folder, ignore_errors=True)
            return
        status = read_status(folder)
        child = self._children.get(campaign_id)
        (folder / CANCELLED).touch(mode=0o600)  # it may be too young to say so itself
        if child is not None:
            child.send_signal(signal.SIGTERM)
        elif status is not None and is_gone(Process(**status["process"])) is False:
            with suppress(ProcessLookupError):
                os.kill(int(status["process"]["pid"]), signal.SIGTERM)
        else:
            raise BackendError(
                "The campaign runs on another machine. Cancel it there.", id=campaign_id
            )

    def detach(self) -> None:
        """Stop following campaigns; they keep running, and the next server finds them."""
        self._reap()
        for child in [*self._children.values(), *self._leaving]:
            child.returncode = 0  # no longer ours to wait for
        self._children.clear()

    def _start(self, folder: Path) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "hrlab.cli.app", "--store", str(self._store), "sweep"]
        words += [str(folder / DECLARATION), "--profiles", str(folder / PROFILES)]
        log = os.open(folder / LOG, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            return subprocess.Popen(  # noqa: S603 - our own program, and no shell
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.root,
                start_new_session=True,
                env={
                    **os.environ,
                    VARIABLE: str(self._store),
                    "JUPYTER_RUNTIME_DIR": str(self._runtime_dir),
                },
            )
        except OSError as error:
            raise BackendError(f"Cannot start the campaign's process: {error}.") from error
        finally:
            os.close(log)

    def _site(self) -> dict[str, Any]:
        """Return the site's configuration for this user, in the form of a configuration file."""
        profiles = {name: encode(one) for name, one in self._profiles.items()}
        for profile in profiles.values():
            profile.pop("groups", None)  # the user is in one of them
        limits = {one.name: encode(one) for one in self._limits}
        owner = user_name(os.environ)
        for limit in limits.values():
            if limit.pop("groups") is not None:  # likewise, but that others share it matters
                limit["users"] = [owner]
        for said in (*profiles.values(), *limits.values()):
            del said["name"]
        return {"profiles": profiles, "quotas": limits}

    def _first(self, plan: ScalingPlan, campaign_id: str) -> dict[str, Any]:
        now = time.time()
        return {
            "id": campaign_id,
            "name": plan.name,
            "notebook": plan.notebook,
            "profile": plan.profile,
            "run_id": plan.run_id,
            "state": "starting",
            "points": plan.points,
            "started_at": now,
            "at": now,
            "process": encode(this_process()),
        }

    def _told(self, folder: Path) -> dict[str, Any] | None:
        status = read_status(folder)
        if status is None:
            return None
        if status["state"] in ACTIVE and self._has_ended(folder.name, status):
            cancelled = (folder / CANCELLED).exists()
            ended = ("interrupted", "") if cancelled else ("failed", _last_line(folder))
            status |= dict(zip(("state", "message"), ended, strict=True))
        has_ended = status["state"] not in ACTIVE
        if has_ended and time.time() - float(status.get("at", 0)) > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
            return None
        zero = {"points": 0, "done": 0, "failed": 0, "seconds": 0.0, "core_hours": 0.0}
        texts = {"point": "", "message": ""}
        return {key: status.get(key, {**zero, **texts}.get(key)) for key in _TOLD}

    def _has_ended(self, campaign_id: str, status: Mapping[str, Any]) -> bool:
        if status["state"] == "starting":  # its process has not written yet
            return campaign_id not in self._children
        return not is_alive(status)

    def _of(self, campaign_id: str) -> Path:
        if not campaign_id or not set(campaign_id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"):
            raise _no_campaign(campaign_id)
        return self._folder / campaign_id

    def _reap(self) -> None:
        for campaign_id, child in list(self._children.items()):
            if child.poll() is not None:
                del self._children[campaign_id]
        self._leaving = [child for child in self._leaving if child.poll() is None]


def _last_line(folder: Path) -> str:
    """Return the last log line of the campaign's process."""
    with suppress(OSError):
        text = (folder / LOG).read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if lines:
            return lines[-1].removeprefix("hrlab: ")[:500]
    return "The campaign's process exited early. Measure again to continue where it stopped."


def _no_campaign(campaign_id: str) -> NotFoundError:
    return NotFoundError(f"Campaign {campaign_id[:60]!r} does not exist.", id=campaign_id[:60])
