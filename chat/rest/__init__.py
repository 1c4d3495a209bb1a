"""`/api/v1/…` of the chat: a view parses, makes one domain call, and renders.

Holds no rule of the domain.
"""
