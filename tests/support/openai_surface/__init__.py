"""For tests of the OpenAI surface: messages, asking without HTTP, and refusals."""
