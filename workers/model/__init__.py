"""The model's side: the client, what comes over its wire, failures, what its servers accept.

Who lives here: `client` (the only module that imports `openai`), `sse` and `chunk_accumulator` (a
stream, from bytes to a completion), `provider_dialect` (how servers' requests differ), `failures`
and `retry_policy`, `health`, `catalogue` and `check` (is it there, what does it offer).

May touch the list of models in chat, and the workers' rows for `health`. Must never know a row of
a reply or Redis.
"""
