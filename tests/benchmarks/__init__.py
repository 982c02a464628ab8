"""Benchmarks: `python -m tests.benchmarks [--only NAME] [--json]`. Tests never measure time."""
