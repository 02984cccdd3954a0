"""The machines that a run was on: their metrics, and who else was there."""
