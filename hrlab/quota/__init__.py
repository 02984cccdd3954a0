"""Quotas: what a user may still use, and the limits that a site sets itself."""
