"""Sending the mails that accounts noted."""
