"""What users import: runs, compare, connect, quotas, advise. Loaded by :mod:`hrlab` when called."""
