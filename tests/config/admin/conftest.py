"""Operations people in a browser: Django's test client with its cookies."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from support.operations import signed_in
from support.people import make_member


@pytest.fixture
def superuser(db):
    return make_member(is_staff=True, is_superuser=True)


@pytest.fixture
def ops(superuser) -> Client:
    return signed_in(superuser)


@pytest.fixture
def staff_with(db):
    """`staff_with("chat.view_reply")` is a browser of somebody with these permissions only."""

    def make(*names: str) -> Client:
        member = make_member(is_staff=True)
        for name in names:
            app, codename = name.split(".")
            member.user_permissions.add(
                Permission.objects.get(content_type__app_label=app, codename=codename)
            )
        return signed_in(member)

    return make
