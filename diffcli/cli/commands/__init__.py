"""One module a command; each defines `command` and is imported only when it runs."""
