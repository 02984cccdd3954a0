"""Quotas: what a user may still use, and the limits a site defines itself."""
