"""Public functions: runs, compare, connect, quotas, advise. Imported by :mod:`hrlab` on first call."""
