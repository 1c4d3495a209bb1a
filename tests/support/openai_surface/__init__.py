"""For tests of the OpenAI surface: messages, asking without HTTP, refusals, frames to stream."""
