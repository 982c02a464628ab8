"""Reading values from files and writing results to files."""
