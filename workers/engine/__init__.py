"""The worker process: Celery, the event loop with its running replies, heartbeat, recovery.

Starts attempts; knows nothing of what an answer looks like.
"""
