"""A connection stays with its thread, and is known to be dead without being asked."""

import pytest
from django.db import close_old_connections, connection

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_kept_from_one_piece_of_work_to_the_next():
    connection.ensure_connection()
    kept = connection.connection

    close_old_connections()
    connection.ensure_connection()

    assert connection.connection is kept


def test_one_that_the_server_has_ended_is_replaced():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()

    close_old_connections()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != pid


def test_a_live_one_is_usable_without_a_query(django_assert_num_queries):
    connection.ensure_connection()

    with django_assert_num_queries(0):
        assert connection.is_usable()
