"""The server extension: traits, and composition of its parts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Callable, Dict, Float, Integer, List, Unicode

from hrlab.clusters.activity import ClusterActivity
from hrlab.clusters.service import ClusterService
from hrlab.model.profile import Profile
from hrlab.quota.factory import quota_service, site_limits
from hrlab.quota.service import QuotaService
from hrlab.server.campaign_watch import CampaignWatch, campaigns_in
from hrlab.server.dashboard_route import dashboard_rule
from hrlab.server.events import ClusterAnnouncer
from hrlab.server.handlers.campaigns import CampaignHandler, CampaignsHandler, CampaignSide
from hrlab.server.handlers.clusters import (
    ClusterHandler,
    ClusterLogsHandler,
    ClustersHandler,
    ClusterSide,
)
from hrlab.server.handlers.exports import ExportsHandler, ExportSide, ReportHandler
from hrlab.server.handlers.host_metrics import HostSide, RunHostsHandler, host_metrics_of
from hrlab.server.handlers.profiles import ProfilesHandler
from hrlab.server.handlers.quotas import QuotasHandler, QuotaSide
from hrlab.server.handlers.runs import (
    CompareHandler,
    RunChartHandler,
    RunFiguresHandler,
    RunHandler,
    RunsHandler,
)
from hrlab.server.handlers.sizing import SizingHandler
from hrlab.server.listeners import Audience, attend
from hrlab.server.node_sharing_watch import NeighbourWatch
from hrlab.server.not_found import MissingHandler
from hrlab.server.run_events import SCHEMA_ID, SCHEMA_PATH, Announcer
from hrlab.server.setup_clusters import cluster_service, makers, site_profiles
from hrlab.server.setup_export import ExportSideOfServer
from hrlab.server.store_threads import Backend
from hrlab.shared.users import groups_of, user_name
from hrlab.sizing.profile_constraints import shapes
from hrlab.store.location import VARIABLE, store_path
from hrlab.timing.environment import ROOT_VARIABLE

if TYPE_CHECKING:
    from hrlab.clusters.admission.conflicts import ConflictResolver
    from hrlab.hosts.service import HostMetrics
    from hrlab.model.site_limit import SiteLimit

#: Routes below the server's base URL; the first match is used.
ROUTES: tuple[tuple[str, type[Any]], ...] = (
    (r"/hrlab/api/runs", RunsHandler),
    (r"/hrlab/api/runs/([^/]+)", RunHandler),
    (r"/hrlab/api/runs/([^/]+)/chart", RunChartHandler),
    (r"/hrlab/api/runs/([^/]+)/figures", RunFiguresHandler),
    (r"/hrlab/api/runs/([^/]+)/hosts", RunHostsHandler),
    (r"/hrlab/api/compare", CompareHandler),
    (r"/hrlab/api/exports", ExportsHandler),
    (r"/hrlab/api/report", ReportHandler),
    (r"/hrlab/api/sizing", SizingHandler),
    (r"/hrlab/api/quotas", QuotasHandler),
    (r"/hrlab/api/profiles", ProfilesHandler),
    (r"/hrlab/api/clusters", ClustersHandler),
    (r"/hrlab/api/clusters/([^/]+)", ClusterHandler),
    (r"/hrlab/api/clusters/([^/]+)/logs", ClusterLogsHandler),
    (r"/hrlab/api/campaigns", CampaignsHandler),
    (r"/hrlab/api/campaigns/([^/]+)", CampaignHandler),
    (r"/hrlab/api(|/.*)", MissingHandler),
)


class HRLab(ExtensionApp):
    """hrlab's Jupyter server extension."""

    name = "hrlab"

    store_path = Unicode(
        help="""Path of the SQLite file that stores the runs; created if missing.

        Passed to kernels of this server as HRLAB_STORE. Empty (the default): the value of HRLAB_STORE
        in the server's environment, else hrlab/runs.sqlite in the user's Jupyter data directory,
        because runs belong to the user and outlive environments and servers.
        """
    ).tag(config=True)

    max_record_bytes = Integer(
        2_000_000,
        min=0,
        help="""Maximum size of a request body, in bytes.

        Records are at most about 300 kB by design; the default leaves a margin and keeps parsing
        too short for other requests to notice. 0: no limit.
        """,
    ).tag(config=True)

    watch_interval_seconds = Float(
        1.0,
        min=0.05,
        help="""Interval between checks of the store for new runs, in seconds.

        Only while a browser is connected. The default keeps the list of runs up to date; a
        check takes well below a millisecond on a local disk.
        """,
    ).tag(config=True)

    lock_timeout_seconds = Float(
        5.0,
        min=0,
        help="""How long a request waits for another process to finish writing to the store, in seconds.

        Writing takes milliseconds; the default covers slow network disks. 0: fail immediately.
        """,
    ).tag(config=True)

    profiles = Dict(
        help="""Cluster profiles available to users, by name; see docs/profiles.md for the keys.

        They override profiles of the same name in profiles_file. Times are in seconds, memory in
        bytes or as text ("2 GiB"). Empty (the default): those of profiles_file and, if that is
        empty too, one profile "local" sized for this machine, because it works everywhere.
        """
    ).tag(config=True)

    profiles_file = Unicode(
        help="""Path of a YAML file with a mapping "profiles" of cluster profiles available to users.

        Read once, when the server starts; errors in it are logged with their line and shown to
        users as broken profiles, while the others work. Empty (the default): no file, because sites
        with few profiles can use HRLab.profiles.
        """
    ).tag(config=True)

    quotas = Dict(
        help="""Limits for users of hrlab's clusters, by name; see docs/quotas.md for the keys.

        They override quotas of the same name in the mapping "quotas" of profiles_file. Memory is in
        bytes or as text ("40 GiB"), hours are core-hours. Empty (the default): those of the file,
        and without any, no site limits, because only the site can decide on them.
        """
    ).tag(config=True)

    storage = Dict(
        {"~": ""},
        help="""Storage areas whose usage is shown to users: path to limit, as text ("10 GiB").

        An empty limit means the size of the file system. If the file system exceeds a given limit,
        the files below the path are counted in bytes; users are warned from 80 %. The default is the home
        directory with the size of its file system, which every user has. {}: no storage is checked.
        """,
    ).tag(config=True)

    groups = Callable(
        None,
        allow_none=True,
        help="""Function that takes the user's name and returns the names of the user's groups.

        Called once, when the server starts, so it should return within 1 or 2 seconds. A profile or limit
        with groups applies only to users in one of them. None (the default): the names in the variable
        JUPYTERHUB_GROUPS, separated by commas, because a hub can set variables of its servers.
        """,
    ).tag(config=True)

    secret_variables = List(
        Unicode(),
        default_value=["*TOKEN*", "*SECRET*", "*PASSWORD*"],
        help="""Patterns of environment variables that cluster processes, workers and batch jobs do not inherit.

        Matched ignoring case; secrets of Jupyter, its hub and hrlab are always removed. The
        default covers common names of secrets. To pass a secret to workers, use
        the key deliver of a profile. Empty: only those secrets are removed.
        """,
    ).tag(config=True)

    cluster_activity_seconds = Float(
        12 * 3600.0,
        min=0,
        help="""How long unfinished tasks on the user's clusters count as server activity, in seconds.

        Hubs stop inactive servers, and with them the clusters on the server's machine. Counted
        from the first observed task on a cluster created by hrlab; the default is 12
        hours, enough for overnight work, while hanging tasks do not keep a server alive forever. 0: never.
        """,
    ).tag(config=True)

    influx = Dict(
        help="""InfluxDB that every ended run is delivered to, in line protocol; see docs/exporting.md.

        Keys: url, version ("v1", "v2" or "v3": the write endpoint), database (the bucket for v2),
        organisation, retention_policy, user and password (v1), token (v2, v3; by default the
        variable HRLAB_INFLUX_TOKEN of the server), tags (put on every point). Points have times in
        nanoseconds, fields are in seconds and bytes. Empty (the default): runs are not
        delivered, because they belong to the user.
        """
    ).tag(config=True)

    redact = List(
        Unicode(),
        default_value=["paths"],
        help="""What is removed from delivered runs: any of "code", "paths", "user", "host".

        Paths of notebooks and inputs are the default, because a site's dashboard needs them
        least. Empty: nothing is removed. The source of a run is never delivered.
        """,
    ).tag(config=True)

    host_metrics = Dict(
        help="""Database of host metrics, shown on the time axis of each run; see docs/hardware.md.

        Keys: url, kind ("prometheus", the default, or "influx"), database (of influx; "telegraf"),
        user and password, or token (by default the variable HRLAB_HOST_METRICS_TOKEN of the server),
        interval_seconds (between its values; 15, for influx 10), timeout_seconds (for
        all queries of a run; 5), charts (title: unit and lines, one query each; by default those for
        node_exporter and Telegraf). Empty (the default): no database is queried.
        """
    ).tag(config=True)

    _backend: Backend | None = None
    _exports: ExportSideOfServer | None = None
    _host_metrics: HostMetrics | None = None
    _announcer: Announcer | None = None
    _cluster_announcer: ClusterAnnouncer | None = None
    _quota_announcer: ClusterAnnouncer | None = None
    _neighbours: NeighbourWatch | None = None
    _clusters: ClusterService | None = None
    _quotas: QuotaService | None = None
    _campaigns: CampaignWatch | None = None
    _campaign_announcer: ClusterAnnouncer | None = None
    _settling: ConflictResolver | None = None
    _activity: ClusterActivity | None = None

    def initialize_settings(self) -> None:
        """Compose the parts of the extension."""
        path = Path(self.store_path).expanduser() if self.store_path else store_path()
        os.environ[VARIABLE] = str(path)
        # Kernels know the absolute path of their notebook; this makes it relative, as in the browser.
        assert self.serverapp is not None
        os.environ[ROOT_VARIABLE] = self.serverapp.root_dir
        self._backend = Backend(
            path,
            timeout_seconds=self.lock_timeout_seconds,
            max_record_bytes=self.max_record_bytes,
        )
        self._warn_of_storage(self._backend)
        self._exports = ExportSideOfServer(
            self.influx,
            self.redact,
            path,
            self._backend,
            interval_seconds=self.watch_interval_seconds,
            log=self.log,
        )
        self.serverapp.io_loop.add_callback(self._exports.start)
        self._host_metrics = host_metrics_of(self.host_metrics, self.log)
        from hrlab.clusters.process.daemon.cluster_factory import (
            OWN_KEYS,  # the server starts sooner without
        )

        for name in OWN_KEYS:
            os.environ.pop(name, None)  # already read: kernels and terminals need not inherit them
        self._announce_changes(self._backend)
        self._offer_clusters(self._backend)

    def current_activity(self) -> bool:
        """Whether a run, a campaign or a cluster is active, which keeps an idle server from stopping itself."""
        return self._campaigns is not None and self._campaigns.is_active

    def initialize_handlers(self) -> None:
        """Add the routes of the API and of dashboards."""
        for path, kind in ROUTES:
            parts: dict[str, Any] = {"backend": self._backend}
            if issubclass(kind, ClusterSide):
                parts["clusters"] = self._clusters
            if issubclass(kind, ExportSide):
                parts["delivery"] = self._exports and self._exports.delivery
            if issubclass(kind, HostSide):
                parts["host_metrics"] = self._host_metrics
            if issubclass(kind, CampaignSide):
                parts["campaigns"] = self._campaigns
            if issubclass(kind, QuotaSide):
                parts["quotas"] = self._quotas
            self.handlers.append((path, kind, parts))
        assert self.serverapp is not None
        assert self._clusters is not None
        application = self.serverapp.web_app
        rule = dashboard_rule(application, self.serverapp.base_url, self._clusters)
        application.add_handlers(".*$", [rule])  # type: ignore[no-untyped-call]

    async def stop_extension(self) -> None:
        """Stop all threads and tasks, and close all files."""
        if self._exports is not None:
            self._exports.stop()
        announcers = (self._cluster_announcer, self._quota_announcer, self._campaign_announcer)
        for announcer in (*announcers, self._neighbours):
            if announcer is not None:
                announcer.stop()
        for part in (self._campaigns, self._quotas, self._settling):
            if part is not None:
                await part.stop()
        if self._clusters is not None:
            await self._clusters.stop()
        if self._announcer is not None:
            self._announcer.stop()
        if self._backend is not None:
            await self._backend.close()

    def _warn_of_storage(self, backend: Backend) -> None:
        # Only a hub deletes servers with everything not on a volume; elsewhere the location is the user's choice.
        if not os.environ.get("JUPYTERHUB_USER"):
            return
        from hrlab.history.storage_warning import storage_warning

        backend.storage_warning = storage_warning(backend.path)
        if backend.storage_warning:
            self.log.warning("hrlab: %s", backend.storage_warning)

    def _announce_changes(self, backend: Backend) -> None:
        assert self.serverapp is not None
        events = self.serverapp.event_logger
        assert events is not None
        announcer = Announcer(
            backend, events.emit, interval_seconds=self.watch_interval_seconds, log=self.log
        )
        backend.announcer = self._announcer = announcer
        if not attend(events, SCHEMA_ID, Audience(announcer.start, announcer.stop)):
            self.log.warning(
                "hrlab cannot track event listeners; lists must be refreshed manually."
            )
        events.register_event_schema(SCHEMA_PATH)
        if self._exports is not None:
            self._exports.announce(events.emit)

    def _offer_clusters(self, backend: Backend) -> None:
        server = self.serverapp
        assert server is not None
        assert server.event_logger is not None
        owner = user_name(os.environ)
        groups = groups_of(owner, os.environ, self.groups)
        every = site_profiles(self.profiles, self.profiles_file, self.log)
        profiles = every.of(groups)
        kinds = makers(server, owner, profiles, self.log, self.secret_variables)
        self._clusters = cluster_service(server, profiles, kinds, owner, self.log)
        limits = site_limits(self.quotas, self.profiles_file, every.usable, owner, groups, self.log)
        self._quotas = quota_service(
            limits, self._clusters, profiles.usable, self.storage, self.log
        )
        self._clusters.weighing.binding = self._quotas.binding
        if limits is not None:
            self._clusters.marks = limits.marks
            from hrlab.clusters.admission.conflicts import (
                ConflictResolver,  # the server starts sooner without
            )

            self._settling = ConflictResolver(limits.usable, self.log)
            self._clusters.settle = self._settling.start
        emit = server.event_logger.emit
        self._cluster_announcer = ClusterAnnouncer(emit)
        self._quota_announcer = ClusterAnnouncer(emit, topic="quotas")
        self._quotas.changed = self._tell_quotas
        self._clusters.changed = self._tell_clusters
        self._offer_campaigns(backend, profiles.usable, () if limits is None else limits.usable)
        asks, left = self._clusters.weighing.asks, self._quotas.left_now
        backend.shape_of = shapes(profiles, asks, left)
        self._neighbours = NeighbourWatch(backend, self._clusters.seeing_neighbours)
        server.io_loop.add_callback(self._neighbours.start)

    def _offer_campaigns(
        self, backend: Backend, profiles: Mapping[str, Profile], limits: Sequence[SiteLimit]
    ) -> None:
        server = self.serverapp
        assert server is not None
        assert server.event_logger is not None
        assert self._quotas is not None
        runtime, root = Path(server.runtime_dir), Path(server.root_dir)
        self._campaign_announcer = ClusterAnnouncer(server.event_logger.emit, topic="campaigns")
        self._campaigns = CampaignWatch(
            campaigns_in(runtime, root, backend.path, profiles, limits),
            backend,
            profiles,
            server.web_app.settings["last_activity_times"],
            self._campaign_announcer.changed,
            self.log,
        )
        self._campaigns.left_now = self._quotas.left_now
        self._campaigns.clusters_at_work = self._clusters_at_work
        self._activity = ClusterActivity(self.cluster_activity_seconds)
        server.io_loop.add_callback(self._campaigns.start)

    def _clusters_at_work(self) -> bool:
        assert self._activity is not None
        assert self._clusters is not None
        return self._activity.is_on(self._clusters.known())

    def _tell_clusters(self, ids: Sequence[str]) -> None:
        assert self._cluster_announcer is not None
        assert self._quotas is not None
        self._cluster_announcer.changed(ids)
        self._quotas.refresh()

    def _tell_quotas(self) -> None:
        assert self._quota_announcer is not None
        self._quota_announcer.changed(())
