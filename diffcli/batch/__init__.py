"""One expression over the rows of tables: read, compute and write at the same time."""
