"""How runs are kept: one SQLite file that kernels, the Jupyter server and the command line share."""
