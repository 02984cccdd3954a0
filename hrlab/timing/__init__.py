"""Timing of runs, from inside the kernel's process and the Dask schedulers it uses."""
