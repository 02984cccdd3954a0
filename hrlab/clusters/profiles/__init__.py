"""Profiles: the kinds of cluster that a site offers, read from YAML and validated."""
