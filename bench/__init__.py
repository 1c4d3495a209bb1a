"""Measurements, each a script of its own: `python -m bench.latency`. See docs/performance.md."""
