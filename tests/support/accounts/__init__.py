"""For tests of accounts: a mailbox, a clock that stands still, attempts to come in, API keys."""
