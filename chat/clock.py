"""The database's clock: the one time that all processes share."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """One query; inside a transaction the moment that it began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment: datetime = cursor.fetchone()[0]
    return moment
