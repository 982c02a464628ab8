"""The command line: options, one file a command, and the one exception boundary."""
