"""Ownership of Kubernetes clusters, by signature: whoever may write to a namespace can write any label.

The signature is an HMAC with a key in the user's home, over owner, namespace, name and uid of the resource. The API chooses
uids, so a copy of the signature says nothing of another object, whatever its name. The uid is known only when the resource
is there: it is created with a signature without one (which the operator copies to the worker group), and signed when the API
has answered. A server that is killed in between has noted in the user's home what it began; the next one signs what has
that name and that first signature.

It proves who made the resource, not what has become of it since: whoever shares the account can change or delete it.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from hrlab.clusters.kubernetes.api import Object
from hrlab.clusters.kubernetes.manifest import OWNER, owner_label
from hrlab.shared.files import create_file

#: The annotation, and the name of the key's file.
SIGNATURE = "hrlab/signature"
KEY_FILE = "kubernetes.key"
#: What is said of a cluster that is labelled as the user's and was not signed with the key of their home.
CLAIM = (
    "It is labelled as yours, but not signed with your key, and labels can be forged: hrlab treats it as another user's. "
    "If you created it, close it with kubectl."
)
_KEY_BYTES = 32


@functools.lru_cache(maxsize=4096)  # asked several times of every cluster, at every look
def sign(key: bytes, owner: str, namespace: str, name: str, uid: str = "") -> str:
    """Return the signature of a cluster; without `uid`, of one that is still to be created."""
    said = json.dumps(["hrlab cluster", 1, owner, namespace, name, uid])
    return f"{uid}:{hmac.new(key, said.encode(), hashlib.sha256).hexdigest()}"


def signed_uid(key: bytes, owner: str, namespace: str, name: str, signature: str) -> str | None:
    """The uid for which a signature is, empty if it was made before there was one; None if it is not by this key."""
    uid = signature.rpartition(":")[0]
    right = sign(key, owner, namespace, name, uid)
    return uid if hmac.compare_digest(right.encode(), signature.encode()) else None


def read_key(path: Path) -> bytes:
    """The key of this home, which is made if there is none.

    Raises
    ------
    OSError
        If it can't be read or made.
    ValueError
        If the file holds no key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    create_file(path, secrets.token_hex(_KEY_BYTES))
    key = bytes.fromhex(path.read_text(encoding="ascii"))
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path} holds {len(key)} bytes instead of {_KEY_BYTES}")
    return key


class Ownership:
    """Decides which clusters belong to the user.

    Parameters
    ----------
    path
        Of the key; None, or one that can't be used: a key that lasts as long as this server.

    Attributes
    ----------
    noted
        Uids of the user's clusters by name, empty for one whose creation has begun and was not answered yet.
    """

    def __init__(self, owner: str, path: Path | None, log: logging.Logger) -> None:
        self._owner = owner
        self._label = owner_label(owner)
        self._path = path
        self._log = log
        self._key = secrets.token_bytes(_KEY_BYTES)
        #: Begun by an earlier server, of which nobody here knows whether the API has answered.
        self._left: set[str] = set()
        self.noted: dict[str, str] = {}

    def load(self) -> None:
        """Read or create the key; blocks, so call it in a thread."""
        if self._path is None:
            return
        try:
            self._key = read_key(self._path)
        except (OSError, ValueError) as error:
            self._log.warning(
                "hrlab: cannot read the signing key of clusters in %s (%s). New clusters will not be recognized as yours by "
                "other servers or after a restart. Make the file readable, or remove it if it is damaged.",
                self._path,
                error,
            )

    def restore(self, noted: Mapping[str, str]) -> None:
        """Go on with what an earlier server has noted in the user's home."""
        self.noted.update(noted)
        self._left = {name for name, uid in noted.items() if not uid}

    def start(self, namespace: str, name: str) -> str:
        """Note that the creation of a cluster begins; the signature with which it is made."""
        self.noted[name] = ""
        self._left.discard(name)
        return sign(self._key, self._owner, namespace, name)

    def made(self, name: str, uid: str) -> None:
        """Note the answer of the API."""
        self.noted[name] = uid

    def learn(self, resources: Iterable[Object]) -> None:
        """Note which of the user's clusters are there."""
        for resource in resources:
            metadata = resource["metadata"]
            name, uid, signed = metadata["name"], metadata["uid"], self._uid(metadata)
            if signed == uid or (signed == "" and name in self._left):
                self.noted[name] = uid
                self._left.discard(name)

    def discard(self, known: Collection[str]) -> None:
        """Drop the notes of clusters that are not among `known`."""
        for name in [name for name in self.noted if name not in known]:
            del self.noted[name]
            self._left.discard(name)

    def is_mine(self, resource: Object) -> bool:
        """Return whether the user created it: by its signature, or by the records in the user's home."""
        metadata = resource["metadata"]
        signed, uid = self._uid(metadata), metadata["uid"]
        if signed == uid:
            return True
        noted = self.noted.get(metadata["name"])
        # One that has just been made can be there before the API's answer, which then says whether this is it.
        return signed == "" if noted == "" else noted == uid

    def is_claimed(self, resource: Object) -> bool:
        """Return whether it claims to be the user's without proof."""
        labels = resource["metadata"].get("labels") or {}
        return labels.get(OWNER) == self._label and not self.is_mine(resource)

    def missing(self, resource: Object) -> str | None:
        """The signature that one of the user's clusters should have and has not."""
        metadata = resource["metadata"]
        namespace, name, uid = metadata["namespace"], metadata["name"], metadata["uid"]
        if self._uid(metadata) == uid or self.noted.get(name) != uid:
            return None
        return sign(self._key, self._owner, namespace, name, uid)

    def made_group(self, group: Object) -> bool:
        """Whether a worker group was made from a cluster of the user's: by the signature that the operator has copied."""
        return self._uid(group["metadata"], str(group["spec"].get("cluster"))) is not None

    def _uid(self, metadata: Object, cluster: str | None = None) -> str | None:
        """The uid for which an object is signed, as that cluster."""
        signature = (metadata.get("annotations") or {}).get(SIGNATURE)
        if not signature:
            return None
        place = (metadata["namespace"], cluster or metadata["name"])
        return signed_uid(self._key, self._owner, *place, signature)
