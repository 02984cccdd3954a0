"""Parts of the cluster host, imported by path, as hrlab may not be installed where it runs."""
