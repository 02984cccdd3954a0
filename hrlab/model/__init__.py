"""Records of runs, clusters and quotas, errors and units.

Pure: standard library only, no clock, file or network access.
"""
