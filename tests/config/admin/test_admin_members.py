"""Members in the admin."""

import json

import pytest
from support.operations import press, signed_in, text_of
from support.people import PASSWORD, make_member
from support.talking import ask, begin

from accounts.credentials import keys, sessions, tickets, tokens
from accounts.models import Member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
LIST = "/admin/accounts/member/"


def page_of(member):
    return f"{LIST}{member.id}/change/"


def buttons_of(member):
    return f"{LIST}{member.id}/"


@pytest.mark.parametrize("search", ["mina@example.com", "MINA@example.com", "mina", "{id}"])
def test_somebody_is_found_by_email_its_beginning_and_id(ops, search):
    mina, other = make_member(email="mina@example.com"), make_member()

    found = text_of(ops.get(LIST, {"q": search.format(id=mina.id)}))

    assert mina.email in found
    assert other.email not in found


@pytest.mark.parametrize("search", ["\0", "%", "' OR 1=1", "x" * 5000, "말길"])
def test_a_strange_search_finds_nobody(ops, member, search):
    answer = ops.get(LIST, {"q": search})

    assert answer.status_code == 200


def test_no_secret_is_shown(ops, member):
    key = keys.create(member=member, name="A program")
    sessions.open_session(member=member, user_agent="A browser")
    shown = text_of(ops.get(page_of(member)))

    assert "A program" in shown
    assert "A browser" in shown
    for secret in (member.password, "md5$", "argon2", key.text, key.row.digest):
        assert secret not in shown


def test_the_daily_limit_is_raised_for_one(ops, member, api):
    ask(api, begin(api, intake=False), message="Hello")
    assert "1 of 5" in text_of(ops.get(page_of(member)))

    answer = ops.post(page_of(member), {"daily_limit": "9"})

    assert answer.status_code == 302, text_of(answer)
    assert api.get("/api/v1/quota").json()["limit"] == 9


@pytest.mark.parametrize("given", ["-1", "many", "99999999999"])
def test_a_limit_that_is_none_is_refused(ops, member, given):
    answer = ops.post(page_of(member), {"daily_limit": given})

    assert "errorlist" in text_of(answer)
    assert Member.objects.get(id=member.id).daily_limit is None


def test_other_fields_are_not_changed_by_a_form_that_was_made_up(ops, member):
    ops.post(page_of(member), {"daily_limit": "", "email": "evil@example.com", "is_active": ""})

    stored = Member.objects.get(id=member.id)
    assert (stored.email, stored.is_active) == (member.email, True)


def test_who_is_deactivated_comes_in_nowhere(ops, member, client, api):
    key = keys.create(member=member, name="A program")
    pair = sessions.open_session(member=member, user_agent="pytest")
    session = member.sessions.get(id=tokens.session_id(tokens.read_access(pair.access)))
    ticket = tickets.issue(session=session, authenticated_until=session.created_at)

    press(ops, buttons_of(member), "deactivate")

    def post(path, **body):
        return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    assert post("auth/login", email=member.email, password=PASSWORD).status_code == 401
    assert post("auth/refresh", refresh=pair.refresh).status_code == 401
    assert api.get("/api/v1/me").status_code == 401
    by_key = {"Authorization": f"Bearer {key.text}"}
    assert client.get("/api/v1/me", headers=by_key).status_code == 401
    assert client.get("/v1/models", headers=by_key).status_code == 401
    assert tickets.redeem(ticket) is None
    assert not sessions.live(member).exists()


def test_who_is_reactivated_signs_in_again_and_old_sessions_stay_ended(ops, member, api, client):
    press(ops, buttons_of(member), "deactivate")
    press(ops, buttons_of(member), "reactivate")

    assert api.get("/api/v1/me").status_code == 401
    body = {"email": member.email, "password": PASSWORD}
    assert client.post("/api/v1/auth/login", body, "application/json").status_code == 200


def test_several_are_deactivated_from_the_list_and_it_is_noted(ops, superuser):
    two = [make_member(), make_member()]
    chosen = {"action": "deactivate", "_selected_action": [str(one.id) for one in two]}

    answer = ops.post(LIST, {**chosen, "index": "0"}, follow=True)

    assert text_of(answer).count("is deactivated") == 2
    assert not Member.objects.filter(id__in=[one.id for one in two], is_active=True).exists()
    history = text_of(ops.get(f"{LIST}{two[0].id}/history/"))
    assert "Deactivated." in history
    assert superuser.email in history


def test_nobody_locks_themselves_out(ops, superuser):
    answer = press(ops, buttons_of(superuser), "deactivate")

    assert "cannot lock yourself out" in text_of(answer)
    assert Member.objects.get(id=superuser.id).is_active


def test_the_staff_changes_no_superuser_and_makes_none(staff_with, superuser, member):
    browser = staff_with("accounts.view_member", "accounts.change_member")

    press(browser, buttons_of(superuser), "deactivate")
    browser.post(page_of(superuser), {"daily_limit": "9"})
    given = {"daily_limit": "9", "is_staff": "on", "is_superuser": "on"}
    assert browser.post(page_of(member), given).status_code == 302

    kept = Member.objects.get(id=superuser.id)
    assert (kept.is_active, kept.daily_limit) == (True, None)
    changed = Member.objects.get(id=member.id)
    assert (changed.daily_limit, changed.is_staff, changed.is_superuser) == (9, False, False)


def test_who_may_only_look_presses_nothing(staff_with, member):
    browser = staff_with("accounts.view_member")

    assert "Deactivate" not in text_of(browser.get(page_of(member)))
    assert press(browser, buttons_of(member), "deactivate").status_code == 403
    assert Member.objects.get(id=member.id).is_active


def test_nobody_is_made_or_deleted_here(ops, member):
    assert ops.get(f"{LIST}add/").status_code == 403
    assert ops.post(f"{LIST}{member.id}/delete/", {"post": "yes"}).status_code == 403


def test_superusers_say_who_belongs_to_the_staff(ops, member):
    ops.post(page_of(member), {"daily_limit": "", "is_staff": "on"})

    assert signed_in(Member.objects.get(id=member.id)).get("/admin/").status_code == 200
