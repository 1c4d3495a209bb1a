"""Live events on their way out: the events themselves, their publishing, the snapshots of texts.

Only this room sends events; it knows nothing of who listens.
"""
