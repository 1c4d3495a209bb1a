"""Sending JSON that the test client would not write: lone surrogates as escapes, raw bytes."""

import json


def send(client, method, path, body, **more):
    """`body` as bytes goes as it is; anything else as JSON in ASCII."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic(method, path, raw, content_type="application/json", **more)
