"""The life of a reply: accept, claim, end, cancel; deleting a conversation ends its reply too.

Only `lifecycle` writes `Reply.status`. Knows no request, socket or model.
"""
