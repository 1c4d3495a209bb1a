"""`python -m config.monitoring.probe URL`: exit status 0 for a 200 within two seconds, else 1.

For health checks within a container, whose image has neither curl nor wget.
"""

import http.client
import sys
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 2


def is_well(url: str) -> bool:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=_PATIENCE_SECONDS)
    try:
        # Whatever name or number leads there, this one is answered (ALLOWED_HOSTS).
        connection.request("GET", address.path or "/", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_well(sys.argv[1]) else 1)
