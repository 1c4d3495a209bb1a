"""For tests of webhooks: a receiver with a certificate, and what is delivered to it."""
