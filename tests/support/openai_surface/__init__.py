"""For tests of the OpenAI surface: messages, and ways of asking without HTTP."""
