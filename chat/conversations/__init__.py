"""Conversations: how they begin and change, their intake, titles, sharing and export.

Knows nothing of how a reply runs.
"""
