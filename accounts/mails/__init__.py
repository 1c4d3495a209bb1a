"""Mails to members: noted in a table by requests (`outbox`), written (`letters`), sent by workers.

A request never waits for a mail server and never fails with it.
"""
