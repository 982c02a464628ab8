"""Benchmarks: `python -m tests.benchmarks [--peers | --peer PYTHON] [--only NAME] [--json]`.

Tests never measure time; they run every benchmark at a tiny size.
"""
