"""How a run is observed, from inside the kernel's process and the Dask schedulers it uses."""
