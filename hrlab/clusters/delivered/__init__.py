"""The path of `tunnel.py` in sites' configuration; the programs are in `hrlab.clusters.kubernetes.in_container`."""
