"""Parts of the cluster host: it loads them by their paths, as hrlab may not be installed where it runs."""
