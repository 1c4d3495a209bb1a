"""The house rules of HTTP that every app follows: strict input, plain text, problems, cursors."""
