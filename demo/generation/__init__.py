"""What will be answered, before any of it is sent."""
