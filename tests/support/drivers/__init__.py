"""Clients by which tests talk to a server in this process or another."""
