"""For tests of accounts: a mailbox, and a clock that stands still."""
