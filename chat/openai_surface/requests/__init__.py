"""What a caller of `/v1` asks for: fields, messages and parameters, read and checked."""
