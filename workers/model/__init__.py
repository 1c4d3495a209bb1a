"""The model's side: the client, what comes over its wire, failures, what its servers accept.

Only `client` imports `openai`. Knows no table of replies and no Redis.
"""
