"""Export of runs: CSV, InfluxDB line protocol, reports and SVG charts."""
