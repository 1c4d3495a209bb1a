"""Members for tests to begin with."""

import itertools

PASSWORD = "a long enough passphrase 7"
_numbers = itertools.count(1)


def make_member(**fields):
    from accounts.models import Member

    number = next(_numbers)
    fields = {"email": f"member{number}@example.com", "nickname": f"Member {number}"} | fields
    return Member.objects.create_user(password=fields.pop("password", PASSWORD), **fields)
