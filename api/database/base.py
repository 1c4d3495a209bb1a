"""PostgreSQL as Django speaks it, over connections that stay with their threads.

All database work is done by the few shared threads of `api.threads`, so a connection each is a
pool: none is taken and given back, and whether the server has hung up is asked of the kernel
instead of the server.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Without a round trip. What is there to be read from an idle connection is its end."""
        connection = self.connection
        if connection is None or connection.closed:
            return False
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return not poll.poll(0) or super().is_usable()
