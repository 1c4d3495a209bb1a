"""What goes wrong with the embedded servers, each as a sentence to show as it is."""


class EmbeddedError(RuntimeError):
    """An embedded server cannot be prepared or started; the message says what to do."""
