"""Storage of runs: one SQLite file shared by kernels, the Jupyter server and the command line."""
