"""How an answer is sent, and the journal of what was."""
