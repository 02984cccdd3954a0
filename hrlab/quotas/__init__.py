"""Where limits come from: one file per source."""
