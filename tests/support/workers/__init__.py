"""For tests of workers: an attempt at a reply, and the text on its way to Redis."""
