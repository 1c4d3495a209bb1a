"""What a run needs before its first process: DATA_DIR's lock, the port, a secret key, servers of
others that answer.

Uses the launcher's errors. Starts nothing, and knows nothing of services and their supervision.
"""
