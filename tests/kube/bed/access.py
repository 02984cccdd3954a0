"""Who may do what: bearer tokens, and rules from the roles and bindings in the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.kube.bed.failure import ApiError
from tests.kube.bed.resources import RBAC, REVIEWS, Resource
from tests.kube.bed.store import Store


@dataclass(frozen=True)
class User:
    """An account: its name and groups."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What a request wants to do."""

    verb: str
    group: str
    plural: str
    sub: str | None
    namespace: str | None
    name: str | None = None

    @property
    def full(self) -> str:
        return f"{self.plural}/{self.sub}" if self.sub else self.plural


class Access:
    """Decides about requests."""

    def __init__(self, store: Store, tokens: dict[str, User]) -> None:
        self._store = store
        self._tokens = tokens

    def accept(self, tokens: dict[str, User]) -> None:
        """Take these tokens from now on, and no others."""
        self._tokens = tokens

    def user(self, authorization: str) -> User:
        """Who sends that header."""
        user = self._tokens.get(authorization.removeprefix("Bearer ").strip())
        if user is None:
            raise ApiError(401, "Unauthorized", "Unauthorized")
        return user

    def check(self, user: User, asked: Asked, resource: Resource) -> None:
        if self.allowed(user, asked):
            return
        where = (
            f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
        )
        name = f'"{asked.name}" ' if asked.name else ""
        raise ApiError(
            403,
            "Forbidden",
            f'{resource.label} {name}is forbidden: User "{user.name}" cannot {asked.verb} resource "{asked.full}" '
            f'in API group "{asked.group}" {where}',
            {"name": asked.name, "group": asked.group, "kind": asked.plural},
        )

    def allowed(self, user: User, asked: Asked) -> bool:
        if "system:masters" in user.groups or asked.group == REVIEWS:
            return True
        return any(
            (asked.verb in rule["verbs"] or "*" in rule["verbs"])
            and (asked.group in rule["apiGroups"] or "*" in rule["apiGroups"])
            and (asked.full in rule["resources"] or "*" in rule["resources"])
            for rule in self._rules(user, asked.namespace)
        )

    def _rules(self, user: User, namespace: str | None) -> Iterator[dict[str, Any]]:
        roles = self._store.objects[RBAC, "clusterroles"]
        for binding in self._store.all(RBAC, "clusterrolebindings"):
            if _binds(binding, user):
                yield from roles.get((None, binding["roleRef"]["name"]), {}).get("rules", [])
        for binding in self._store.all(RBAC, "rolebindings", namespace or "-"):
            if _binds(binding, user):
                reference = binding["roleRef"]
                if reference["kind"] == "Role":
                    found = self._store.objects[RBAC, "roles"].get((namespace, reference["name"]))
                else:
                    found = roles.get((None, reference["name"]))
                yield from (found or {}).get("rules", [])


def _binds(binding: dict[str, Any], user: User) -> bool:
    names = {("User", user.name)} | {("Group", group) for group in user.groups}
    if user.name.startswith("system:serviceaccount:"):
        names.add(("ServiceAccount", user.name.split(":", 2)[2]))
    for subject in binding.get("subjects") or ():
        name = subject["name"]
        if subject["kind"] == "ServiceAccount":
            name = f"{subject.get('namespace')}:{name}"
        if (subject["kind"], name) in names:
            return True
    return False
