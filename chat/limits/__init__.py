"""Who may ask, and whose turn it is: the daily limit and the queue's length and order.

Knows the tables and Redis; never a request, a socket or a worker.
"""
