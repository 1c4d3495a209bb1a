"""For tests of signing in elsewhere: a provider, and a browser that follows it."""
