"""Whether a cluster may be created or scaled: usage, quotas, dry run, decision."""
