"""One attempt of one reply: claim, ask the model, pass the text on, store the end.

Knows no Celery and no other reply.
"""
