"""Posting ended replies to members' own servers, after Standard Webhooks 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

Who lives here: the API (`views`, `serializers`, `endpoints`, `urls`), what a URL may be (`targets`,
`addresses`, `connecting`), and the sending (`deliveries`, `payloads`, `signing`, `sending`,
`retrying`). Must never send to an address within the operator's networks.
"""
