"""`me/webhooks`: making, listing and deleting them."""

import base64
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient
from support.people import make_member
from support.refusals import refused

from workers.models import Webhook
from workers.outbox.webhooks import endpoints

PATH = "/api/v1/me/webhooks"
URL = "https://hooks.example.com/malgil?token=x"

pytestmark = pytest.mark.django_db


def made(api, url=URL):
    answer = api.post(PATH, {"url": url}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_new_webhook_is_shown_with_its_secret(api):
    webhook = made(api)

    assert set(webhook) == {"id", "url", "secret", "created_at"}
    assert webhook["url"] == URL
    prefix, _, secret = webhook["secret"].partition("_")
    assert prefix == "whsec"
    assert 24 <= len(base64.b64decode(secret, validate=True)) <= 64
    assert made(api)["secret"] != webhook["secret"]


def test_webhooks_are_listed_the_newest_first_without_their_secrets(api, client_of):
    first, second = made(api), made(api, "http://other.example.com/")
    made(client_of(make_member()))

    listed = api.get(PATH).json()["results"]

    for row in (first, second):
        del row["secret"]
    assert listed == [row | {"disabled_at": None} for row in (second, first)]


def test_the_list_comes_in_pages(api):
    ids = [made(api)["id"] for _ in range(4)]

    page = api.get(PATH, {"page_size": 3}).json()

    assert [row["id"] for row in page["results"]] == ids[:0:-1]
    assert [row["id"] for row in api.get(page["next"]).json()["results"]] == ids[:1]


def test_a_deleted_webhook_is_gone_and_others_stay(api):
    webhook, other = made(api), made(api)

    answer = api.delete(f"{PATH}/{webhook['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert [row["id"] for row in api.get(PATH).json()["results"]] == [other["id"]]
    refused(api.delete(f"{PATH}/{webhook['id']}"), 404, "not_found")


def test_another_members_webhook_is_not_there(api, client_of):
    theirs = made(client_of(make_member()))

    refused(api.delete(f"{PATH}/{theirs['id']}"), 404, "not_found")

    assert Webhook.objects.count() == 1


@pytest.mark.parametrize("wrong", ["x", "5", "%00", str(uuid.UUID(int=1))])
def test_a_webhook_that_never_was_is_not_there(api, wrong):
    refused(api.delete(f"{PATH}/{wrong}"), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("get", PATH), ("post", PATH), ("delete", f"{PATH}/{uuid.UUID(int=1)}")]
)
def test_somebody_without_a_token_sees_and_makes_nothing(method, path):
    refused(getattr(APIClient(), method)(path), 401, "not_authenticated")


def test_an_api_key_may_keep_webhooks(api):
    key = api.post("/api/v1/me/keys", {"name": "x"}, format="json").json()["key"]
    program = APIClient(headers={"Authorization": f"Bearer {key}"})

    webhook = made(program)

    assert program.delete(f"{PATH}/{webhook['id']}").status_code == 204


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_allowed_are_made(member):
    def attempt(_):
        try:
            endpoints.create(member=member, url=URL)
        except endpoints.WebhookLimitReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(max_workers=24) as threads:
        made = list(threads.map(attempt, range(200)))

    assert made.count(True) == Webhook.objects.count() == endpoints.MAX_PER_MEMBER
    assert endpoints.create(member=make_member(), url=URL)


def test_beyond_the_bound_is_told(api):
    for _ in range(endpoints.MAX_PER_MEMBER):
        made(api)

    refused(api.post(PATH, {"url": URL}, format="json"), 409, "webhook_limit_reached")


GOOD = [
    "https://hooks.example.com",
    "http://hooks.example.com:8080/a/b?c=d#e",
    "HTTPS://Hooks.Example.COM/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]:8443/x",
    "https://예시.한국/훅",
    "https://hooks.example.com./",
    "https://hooks.example.com/" + "x" * 1900,
    # allowed in these tests
    "http://127.0.0.1:9000/",
    "http://localhost:9000/",
]


@pytest.mark.parametrize("url", GOOD, ids=lambda url: ascii(url)[:40])
def test_an_outer_url_is_kept_as_it_was_given(api, url):
    assert made(api, url)["url"] == url


BAD = [
    "hooks.example.com",
    "//hooks.example.com/",
    "/hook",
    "https:hooks.example.com",
    "https://",
    "https:///hook",
    "https://?x",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "https://mina@hooks.example.com/",
    "https://mina:secret@hooks.example.com/",
    "https://:secret@hooks.example.com/",
    "https://@hooks.example.com/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:65536/",
    "https://hooks.example.com:x/",
    "https://hooks.example.com:-1/",
    "https://[::1/",
    "https://[hooks]/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nX: y",
    "https://hooks.example.com/\tx",
    " https://hooks.example.com/",
    "https://hooks.example.com\\@10.0.0.1/",
    "https://hooks.example.com/" + "x" * 2000,
]
INNER = [
    "http://10.0.0.1/",
    "http://172.16.0.1:8080/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://0.0.0.0:8000/",
    "http://0/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://167772161/",  # 10.0.0.1 in the ways of inet_aton
    "http://0xa000001/",
    "http://012.0.0.1/",
    "http://0xa.0.0.1/",
    "http://10.1/",
    "http://10.0.0.1./",
    "http://１０.0.0.1/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://[::]/",
    "http://[ff02::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:a00:1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[2002:a00:1::]/",
    "http://[::10.0.0.1]/",
]


@pytest.mark.parametrize("url", BAD + INNER, ids=lambda url: ascii(url)[:40])
def test_a_bad_or_inner_url_is_named_and_nothing_is_stored(api, url):
    refused(api.post(PATH, {"url": url}, format="json"), 400, "invalid", "url")

    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://x.localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
def test_this_machine_is_refused_unless_its_network_is_allowed(api, settings, url):
    made(api, url)
    settings.WEBHOOK_ALLOWED_NETWORKS = []

    refused(api.post(PATH, {"url": url}, format="json"), 400, "invalid", "url")


def test_neither_secret_nor_url_reaches_the_logs(api, caplog, capfd):
    caplog.set_level(logging.DEBUG)

    secret = made(api)["secret"]
    api.get(PATH)
    api.post(PATH, {"url": secret}, format="json")

    printed = caplog.text + "".join(capfd.readouterr())
    assert secret not in printed
    assert URL not in printed


def test_the_list_costs_one_query_however_long_it_is(api, django_assert_num_queries):
    for _ in range(5):
        made(api)

    with django_assert_num_queries(2):  # the session, and the list
        api.get(PATH)
