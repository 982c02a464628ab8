"""Reports and the three ways to write them: Rich tables, JSON, and plain diagnostics."""
