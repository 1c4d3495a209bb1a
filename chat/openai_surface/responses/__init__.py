"""What a caller of `/v1` is answered: completions, responses, and their streams."""
