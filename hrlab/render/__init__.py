"""From records to what people see: text, HTML and chart specifications. Pure functions, no I/O."""
