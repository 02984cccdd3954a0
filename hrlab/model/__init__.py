"""What things are: runs, phases, errors and units. Pure: standard library only, no clock, no file, no network."""
