"""Authorizers that a site may configure."""

from __future__ import annotations

from jupyter_server.auth import Authorizer


class ReadOnly(Authorizer):
    """Lets everybody read hrlab's runs, and nothing else."""

    def is_authorized(self, handler, user, action, resource):
        return (action, resource) == ("read", "hrlab")


class Nothing(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return False
