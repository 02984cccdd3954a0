"""Admission control: whether a cluster may be created or scaled, given usage, quotas and a dry run."""
