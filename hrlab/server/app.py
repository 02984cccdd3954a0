"""The server side: what a site may set, and how the parts are put together from it."""

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

#: Addresses below the server's base URL; the first that matches answers.
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
    """hrlab's server extension."""

    name = "hrlab"

    store_path = Unicode(
        help="""Path of the SQLite file that keeps the runs; made if it is not there.

        Kernels of this server get it as HRLAB_STORE. Empty (the default): the value of HRLAB_STORE
        where the server starts, else hrlab/runs.sqlite in the user's Jupyter data directory,
        because runs belong to their user and outlive environments and servers.
        """
    ).tag(config=True)

    max_record_bytes = Integer(
        2_000_000,
        min=0,
        help="""Largest request body taken, in bytes.

        A record is bounded to some 300 kB by design; the default leaves room and keeps reading it
        below the time that other requests may notice. 0: no limit of hrlab's own.
        """,
    ).tag(config=True)

    watch_interval_seconds = Float(
        1.0,
        min=0.05,
        help="""Time between two looks at the store for new runs, in seconds.

        Only while a browser listens. The default is the freshness that a list of runs needs; a
        look takes well below a millisecond on a local disk.
        """,
    ).tag(config=True)

    lock_timeout_seconds = Float(
        5.0,
        min=0,
        help="""How long a request waits for another process that is writing to the store, in seconds.

        Writing takes milliseconds; the default covers a slow network disk. 0: give up at once.
        """,
    ).tag(config=True)

    profiles = Dict(
        help="""Kinds of cluster that users may create, by name; see docs/profiles.md for the keys.

        They win over those of profiles_file with the same name. Times are in seconds, memory in
        bytes or as text ("2 GiB"). Empty (the default): those of profiles_file, and if that is
        empty too, one profile "local" that is sized to this machine, because it works everywhere.
        """
    ).tag(config=True)

    profiles_file = Unicode(
        help="""Path of a YAML file with a mapping "profiles" of kinds of cluster that users may create.

        Read once, when the server starts; what is wrong in it is logged with its line and shown to
        users as broken, while the other profiles work. Empty (the default): no file, because sites
        with few profiles keep them in HRLab.profiles.
        """
    ).tag(config=True)

    quotas = Dict(
        help="""Limits for users of hrlab's clusters, by name; see docs/quotas.md for the keys.

        They win over those of the mapping "quotas" in profiles_file with the same name. Memory is in
        bytes or as text ("40 GiB"), hours are core-hours. Empty (the default): those of the file,
        and without any no limits of the site's own, because what a site allows is its own affair.
        """
    ).tag(config=True)

    storage = Dict(
        {"~": ""},
        help="""Areas of storage that users are told the use of: Path to limit, as text ("10 GiB").

        An empty limit is what the file system says. Where it is larger than a limit that is given,
        what lies below the path is counted in bytes; warned from 80 % on. The default is the home
        directory with its file system's own size, which every user has. {}: nothing is looked at.
        """,
    ).tag(config=True)

    groups = Callable(
        None,
        allow_none=True,
        help="""Function that is given the user's name and returns the names of the user's groups.

        Called once, when the server starts, so answer within a second or two. A profile or limit
        with groups is only for users in one of them. None (the default): the names in the variable
        JUPYTERHUB_GROUPS, separated by commas, because a hub can set variables of its servers.
        """,
    ).tag(config=True)

    secret_variables = List(
        Unicode(),
        default_value=["*TOKEN*", "*SECRET*", "*PASSWORD*"],
        help="""Patterns of variables of the server that cluster hosts, workers and batch jobs do not inherit.

        In any case of letters; the keys of Jupyter, of its hub and of hrlab are always kept back. The
        default is what secrets are mostly called. What a worker shall have all the same goes by
        the key deliver of its profile. Empty: only those keys are kept back.
        """,
    ).tag(config=True)

    cluster_activity_seconds = Float(
        12 * 3600.0,
        min=0,
        help="""How long unfinished tasks of the user's own clusters count as activity of the server, in seconds.

        Hubs end servers without activity, and clusters on the server's machine with them. Counted
        since the work on a cluster was first seen, for clusters that hrlab made; the default is 12
        hours, so that work may take a night, but tasks that hang do not keep a server for ever. 0: never.
        """,
    ).tag(config=True)

    influx = Dict(
        help="""Where each run that ends is delivered to, in InfluxDB's line protocol; see docs/exporting.md.

        Keys: url, version ("v1", "v2" or "v3": whose write endpoint), database (the bucket of v2),
        organisation, retention_policy, user and password (v1), token (v2, v3; by default the
        variable HRLAB_INFLUX_TOKEN of the server), tags (put on every point). Points have times in
        nanoseconds, fields are in seconds and bytes. Empty (the default): runs are delivered
        nowhere, because they are their user's.
        """
    ).tag(config=True)

    redact = List(
        Unicode(),
        default_value=["paths"],
        help="""What is kept back from runs that are delivered: any of "code", "paths", "user", "host".

        Paths of notebooks and inputs are the default, because a dashboard of a site needs them
        least. Empty: nothing is kept back. The source of a run is never delivered.
        """,
    ).tag(config=True)

    host_metrics = Dict(
        help="""Database with metrics of the hosts, drawn on the time axis of each run; see docs/hardware.md.

        Keys: url, kind ("prometheus", the default, or "influx"), database (of influx; "telegraf"),
        user and password, or token (by default the variable HRLAB_HOST_METRICS_TOKEN of the server),
        interval_seconds (how far apart its values are; 15, of influx 10), timeout_seconds (how long
        all queries of a run may take; 5), charts (title: unit and lines, a query each; by default those for
        node_exporter and Telegraf). Empty (the default): no database is asked.
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
        """Put the server side together."""
        path = Path(self.store_path).expanduser() if self.store_path else store_path()
        os.environ[VARIABLE] = str(path)
        # Kernels know the file of their notebook, and with this its path as the browser knows it.
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
            os.environ.pop(name, None)  # read: kernels and terminals need not inherit them
        self._announce_changes(self._backend)
        self._offer_clusters(self._backend)

    def current_activity(self) -> bool:
        """Whether a run, a campaign or a cluster is at work: then the server does not end itself for idleness."""
        return self._campaigns is not None and self._campaigns.is_active

    def initialize_handlers(self) -> None:
        """Add the addresses of the API, and of dashboards."""
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
        """Leave no thread, task or open file behind."""
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
        # Only a hub ends servers with all that is not on a volume; elsewhere the place is the user's choice.
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
            self.log.warning("hrlab cannot tell who listens to events; lists refresh by hand.")
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
