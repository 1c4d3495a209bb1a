"""The composition root: settings, urls, ASGI, Celery and the embedded servers."""
