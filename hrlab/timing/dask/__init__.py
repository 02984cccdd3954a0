"""What of Dask's work belongs to a run, and when: the doors in the client, the plugin on the scheduler, the link."""
