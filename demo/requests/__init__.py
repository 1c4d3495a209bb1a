"""A chat completion request, read and checked."""
