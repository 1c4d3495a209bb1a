"""Why `make run` ends before it was asked to, each as a sentence that says what to do."""


class LaunchError(RuntimeError):
    """Nothing can be started as asked; the message is shown as it is."""


class StopRequested(Exception):
    """SIGINT, SIGTERM or SIGHUP came while something was being started."""
