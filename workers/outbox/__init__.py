"""What is due from a table beside the replies: webhooks and mails, some at a time.

Knows no reply's generation.
"""
