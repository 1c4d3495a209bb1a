"""OpenAI's API over Malgil's replies, at `/v1`; docs/openai.md says what of it there is."""
