"""A member whose address was never proven, taken over by whoever proved it."""

import pytest
from django.db import transaction
from support.people import make_member
from support.talking import begin

from accounts import members
from workers.models import Webhook

pytestmark = pytest.mark.django_db


def test_links_and_webhooks_that_somebody_set_up_are_worth_nothing(member, api):
    shared = begin(api, intake=False)
    link = api.post(f"/api/v1/conversations/{shared['id']}/share").json()["token"]
    Webhook.objects.create(member=member, url="https://a.example/")
    Webhook.objects.create(member=make_member(), url="https://b.example/")
    assert api.get(f"/api/v1/shared/{link}").status_code == 200

    with transaction.atomic():
        members.reclaim(member)

    assert api.get(f"/api/v1/shared/{link}").status_code == 404
    assert [webhook.url for webhook in Webhook.objects.all()] == ["https://b.example/"]
