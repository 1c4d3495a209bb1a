"""Who comes into the admin, and what a browser is told there."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from support.operations import sign_in, signed_in, text_of
from support.people import PASSWORD, make_member

from accounts import members
from accounts.models import Member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
ROOT = Path(__file__).resolve().parents[3]


def test_the_staff_signs_in_by_email_ignoring_case(superuser):
    client = Client()

    assert sign_in(client, superuser.email.upper(), PASSWORD).status_code == 302
    assert "Overview" in text_of(client.get("/admin/"))


@pytest.mark.parametrize("fields", [{}, {"is_staff": True, "is_active": False}])
def test_nobody_else_does(fields):
    client = Client()
    answer = sign_in(client, make_member(**fields).email, PASSWORD)

    assert answer.status_code == 200
    assert "errornote" in text_of(answer)
    assert client.get("/admin/").status_code == 302


def test_a_form_of_another_site_is_refused(superuser):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, superuser.email, PASSWORD).status_code == 403

    inside = Client(enforce_csrf_checks=True)
    inside.cookies = signed_in(superuser).cookies
    page = f"/admin/accounts/member/{superuser.id}/change/"
    assert inside.get(page).status_code == 200
    assert inside.post(page, {"daily_limit": 9}).status_code == 403


def test_guesses_are_slowed_down_as_at_the_api(settings, superuser):
    settings.AUTH_THROTTLES = True
    client = Client()

    told = [sign_in(client, superuser.email, "wrong") for _ in range(6)]

    assert [answer.status_code for answer in told] == [200] * 5 + [429]
    assert int(told[-1]["Retry-After"]) >= 1
    assert "Too many attempts" in text_of(told[-1])
    right = sign_in(client, superuser.email, PASSWORD)
    assert right.status_code == 429, "the right password is not asked for any more, either"


def test_guesses_here_and_at_the_api_are_counted_together(settings, superuser):
    settings.AUTH_THROTTLES = True
    body = {"email": superuser.email, "password": "wrong"}
    for _ in range(5):
        Client().post("/api/v1/auth/login", body, content_type="application/json")

    assert sign_in(Client(), superuser.email, PASSWORD).status_code == 429


def test_who_signs_in_was_no_guess(settings, superuser):
    settings.AUTH_THROTTLES = True
    for _ in range(8):
        assert sign_in(Client(), superuser.email, PASSWORD).status_code == 302


def test_the_cookies_are_for_the_admin_only(superuser):
    client = signed_in(superuser)

    assert set(client.cookies) == {"malgil_admin", "malgil_admin_csrf"}
    for cookie in client.cookies.values():
        assert cookie["path"] == "/admin/"
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_sessions_that_are_over_are_cleared_away(superuser):
    signed_in(superuser)
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))

    signed_in(superuser)

    assert Session.objects.count() == 1


def test_under_https_the_cookies_are_secure():
    program = """
import django
django.setup()
from django.conf import settings
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE)
"""
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ALLOWED_HOSTS": "chat.example.com",
        "HTTPS": "on",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_the_api_knows_nothing_of_the_admins_session(ops):
    answer = ops.get("/api/v1/me")

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers or "Cookie" not in answer["Vary"]


def test_a_request_to_the_api_costs_no_query_more(api, django_assert_num_queries):
    with django_assert_num_queries(1):
        api.get("/api/v1/me")


def test_a_new_password_ends_it(ops, superuser):
    superuser.set_password("another long passphrase 8")
    superuser.save()

    assert ops.get("/admin/").status_code == 302


def test_a_deactivated_one_of_the_staff_is_out_at_once(ops, superuser):
    members.deactivate(superuser)

    assert ops.get("/admin/").status_code == 302


PAGES = [
    "/admin/",
    "/admin/overview/",
    "/admin/accounts/member/",
    "/admin/chat/reply/",
    "/admin/no",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_from_here_only_and_is_framed_nowhere(ops, page):
    answer = ops.get(page)

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'; style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in text_of(answer)
    assert "style=" not in text_of(answer)
    assert answer["X-Frame-Options"] == "DENY"
    assert page == "/admin/no" or "no-store" in answer["Cache-Control"]


def test_what_is_not_there_and_what_one_may_not_are_pages(ops, staff_with):
    assert ops.get("/admin/no").status_code == 404
    assert ops.get("/admin/chat/reply/nothing/change/", follow=True).status_code == 200
    refused = staff_with("chat.view_reply").get("/admin/accounts/member/")
    assert refused.status_code == 403
    assert "text/html" in refused["Content-Type"]


@pytest.mark.parametrize("file", ["admin/css/base.css", "config/admin.css", "config/overview.js"])
def test_its_files_come_from_this_server(file):
    assert finders.find(file)
    assert Client().get(f"/static/{file}").status_code == 200


def test_it_is_korean_for_who_reads_korean(superuser):
    asked = Client().get("/admin/login/", headers={"Accept-Language": "ko"})

    assert "로그인" in text_of(asked)


def test_the_first_one_is_made_by_a_command(monkeypatch):
    from django.core.management import call_command

    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", email="ops@example.com", nickname="Ops")

    made = Member.objects.get(email="ops@example.com")
    assert (made.is_staff, made.is_superuser) == (True, True)
    assert signed_in(made).get("/admin/accounts/member/").status_code == 200
