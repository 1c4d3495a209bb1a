"""Live events on their way to a listener: WebSocket, event stream, long poll.

Reads the tables and changes none.
"""
