"""The kinds of object that the API server knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")
REVIEWS = "authorization.k8s.io"
RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Resource:
    """A kind: where it is served, its sub-resources, and for custom ones the schema."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    subs: frozenset[str] = frozenset()
    short: tuple[str, ...] = ()
    verbs: tuple[str, ...] = VERBS
    schema: dict[str, Any] | None = field(default=None, compare=False)
    scale: tuple[str, str] | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.group, self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def label(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        return "endpoints" if self.plural == "endpoints" else self.kind.lower()


def _core(plural: str, kind: str, *subs: str, short: str = "", namespaced: bool = True) -> Resource:
    shorts = (short,) if short else ()
    return Resource("", "v1", plural, kind, namespaced, frozenset(subs), shorts)


def _apps(plural: str, kind: str, short: str) -> Resource:
    scale = ("spec.replicas", "status.replicas")
    subs = frozenset({"status", "scale"})
    return Resource("apps", "v1", plural, kind, True, subs, (short,), scale=scale)


BUILTIN = (
    _core("namespaces", "Namespace", "status", short="ns", namespaced=False),
    _core("nodes", "Node", "status", short="no", namespaced=False),
    _core("pods", "Pod", "status", "log", "binding", short="po"),
    _core("services", "Service", "status", short="svc"),
    _core("endpoints", "Endpoints", short="ep"),
    _core("events", "Event", short="ev"),
    _core("configmaps", "ConfigMap", short="cm"),
    _core("secrets", "Secret"),
    _core("serviceaccounts", "ServiceAccount", short="sa"),
    _core("resourcequotas", "ResourceQuota", "status", short="quota"),
    _core("limitranges", "LimitRange", short="limits"),
    _apps("deployments", "Deployment", "deploy"),
    _apps("replicasets", "ReplicaSet", "rs"),
    Resource(RBAC, "v1", "roles", "Role"),
    Resource(RBAC, "v1", "clusterroles", "ClusterRole", False),
    Resource(RBAC, "v1", "rolebindings", "RoleBinding"),
    Resource(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    Resource(*CRDS[:1], "v1", CRDS[1], "CustomResourceDefinition", False, frozenset({"status"})),
    Resource(
        REVIEWS,
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        False,
        verbs=("create",),
    ),
)


def custom(crd: dict[str, Any]) -> Resource:
    """What a CustomResourceDefinition defines."""
    spec = crd["spec"]
    version = next(v for v in spec["versions"] if v.get("storage"))
    subs = version.get("subresources") or {}
    scale = subs.get("scale")
    names = spec["names"]
    return Resource(
        spec["group"],
        version["name"],
        names["plural"],
        names["kind"],
        spec["scope"] == "Namespaced",
        frozenset(subs),
        tuple(names.get("shortNames", ())),
        schema=version["schema"]["openAPIV3Schema"],
        scale=(scale["specReplicasPath"].lstrip("."), scale["statusReplicasPath"].lstrip("."))
        if scale
        else None,
    )
