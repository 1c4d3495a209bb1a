"""Sending the mails that accounts stored (`accounts.mails.outbox`), by Django's mail backend."""
