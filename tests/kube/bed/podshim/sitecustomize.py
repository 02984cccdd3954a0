"""Gives a process the network of a pod, on loopback alone: an address, the cluster's names, and no route where none is.

``BED_POD_IP``: where it listens instead of everywhere, and from where it connects. ``BED_HOSTS``: JSON, name -> address.
``BED_DENY``: prefixes of addresses that it can't reach. Loaded by Python itself, from PYTHONPATH.
"""

import contextlib
import errno
import json
import os
import socket
from pathlib import Path

_NAMES = ("POD_IP", "POD_NAME", "HOSTS")
IP, NAME, HOSTS = (os.environ.get(f"BED_{name}", "") for name in _NAMES)
DENIED = tuple(filter(None, os.environ.get("BED_DENY", "").split(",")))

_bind, _connect, _connect_ex = (
    socket.socket.bind,
    socket.socket.connect,
    socket.socket.connect_ex,
)
_getaddrinfo, _gethostbyname = socket.getaddrinfo, socket.gethostbyname


def lookup(host, hosts=None):
    """The cluster's address for a name, or None."""
    host = host.decode() if isinstance(host, bytes) else host
    if NAME and host == NAME:
        return IP
    hosts = hosts or HOSTS
    if not hosts or not isinstance(host, str) or host.replace(".", "").isdigit():
        return None
    try:
        return json.loads(Path(hosts).read_text()).get(host.rstrip("."))
    except (OSError, ValueError):
        return None


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):  # noqa: A002
    if host and (found := lookup(host)):
        if family == socket.AF_INET6:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        # Without AI_ADDRCONFIG: glibc refuses IPv4 where lo is the only interface.
        flags &= ~socket.AI_ADDRCONFIG
        return _getaddrinfo(found, port, socket.AF_INET, type, proto, flags)
    if IP and not host and flags & socket.AI_PASSIVE:
        return _getaddrinfo(IP, port, socket.AF_INET, type, proto, flags)
    return _getaddrinfo(host, port, family, type, proto, flags)


def gethostbyname(host):
    return lookup(host) or _gethostbyname(host)


def bind(self, address):
    if self.family == socket.AF_INET and address[0] in ("", "0.0.0.0", "localhost"):
        address = (IP, *address[1:])
    elif self.family == socket.AF_INET6:
        raise OSError(errno.EADDRNOTAVAIL, "no IPv6 in this pod")
    return _bind(self, address)


def _routed(sock, address):
    if sock.family != socket.AF_INET or not isinstance(address, tuple):
        return address
    host = lookup(address[0]) or address[0]
    if DENIED and host.startswith(DENIED):
        raise OSError(errno.ENETUNREACH, "Network is unreachable (no route in the test bed)")
    if IP and sock.getsockname()[1] == 0:
        with contextlib.suppress(OSError):
            _bind(sock, (IP, 0))
    return (host, *address[1:])


if IP:
    socket.socket.bind = bind
    socket.gethostname = lambda: NAME or "pod"
if IP or DENIED:
    socket.socket.connect = lambda self, to: _connect(self, _routed(self, to))
    socket.socket.connect_ex = lambda self, to: _connect_ex(self, _routed(self, to))
if HOSTS or NAME:
    socket.getaddrinfo = getaddrinfo
    socket.gethostbyname = gethostbyname
