"""For tests of accounts: a mailbox, a clock that stands still, and attempts to come in."""
