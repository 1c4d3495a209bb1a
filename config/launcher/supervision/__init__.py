"""Keeping processes running: a service as data, its process, its restarts, signals, readiness.

Uses the launcher's console and errors. Knows nothing of what Malgil consists of: which services
there are stands in config/launcher/services.py, their order in config/launcher/stack.py.
"""
