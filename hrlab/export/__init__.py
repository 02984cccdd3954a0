"""Runs for other programs: CSV, InfluxDB's line protocol, pictures of charts."""
