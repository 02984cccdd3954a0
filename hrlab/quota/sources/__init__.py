"""Sources of quotas, one per file. Not named `quotas`, which is a public function: :func:`hrlab.quotas`."""
