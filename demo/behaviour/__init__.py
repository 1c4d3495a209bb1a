"""What the demo model can be told, by flags at the start and by `/control` while it runs."""
