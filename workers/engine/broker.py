"""Whether the Celery broker can be reached, for health checks."""

from celery import current_app
from kombu import Connection


def why_not(*, timeout_seconds: float = 0.5) -> str:
    """Connects once. Empty on success, else the end of a sentence, without the password."""
    conf = current_app.conf
    options = conf.broker_transport_options | {
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": timeout_seconds,
    }
    try:
        with Connection(
            conf.broker_url, transport_options=options, connect_timeout=timeout_seconds
        ) as connection:
            connection.channel()
    except Exception as error:  # kombu raises what its transports raise, of many kinds
        return f"does not let us in ({type(error).__name__}): wake-ups are late"
    return ""
