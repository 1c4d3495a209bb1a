"""The whole product as processes, people who use it, and faults that are done to it."""
