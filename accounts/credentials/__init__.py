"""What proves who asks: passwords' sessions, access tokens, personal keys, socket tickets.

Knows no conversation.
"""
