"""Real PostgreSQL and Redis servers from wheels, each a child process of whoever starts it.

Nothing is imported here: settings.py reads `paths` at every start of every process.
"""
