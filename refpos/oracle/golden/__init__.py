"""Golden files: drawn, derived again, written, read, linted and exported."""
