"""For tests of webhooks: a receiver with a certificate."""
