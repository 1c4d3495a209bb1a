"""How often one may try a password; the rules are told in docs/accounts.md."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.accounts.attempts import HERE, THERE, held, log_in, post, wrong
from support.accounts.postbox import mails, token_in
from support.people import PASSWORD, make_member
from support.racing import at_once
from support.refusals import refused

from accounts import members
from accounts.models import Member
from accounts.throttling import limits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis", "clock")]


def test_after_five_wrong_passwords_each_further_one_waits_twice_as_long(member, clock):
    assert wrong(member, 5) == [401] * 5

    waits = []
    for _ in range(6):
        waits.append(held(log_in(member)))
        clock.passes(waits[-1])
        assert wrong(member, 1) == [401]

    assert waits == [1, 2, 4, 8, 16, 32]


def test_a_wait_is_never_longer_than_a_quarter_of_an_hour(member, clock):
    for _ in range(20):
        clock.passes(limits._here("", "").longest_seconds)
        assert wrong(member, 1) == [401]

    assert held(log_in(member)) == 900


def test_who_asks_too_early_does_not_wait_longer(member, clock):
    wrong(member, 8)

    assert {held(log_in(member)) for _ in range(20)} == {1}
    clock.passes(1)

    assert log_in(member).status_code == 200


def test_the_right_password_ends_the_counting(member, clock):
    wrong(member, 4)
    assert log_in(member).status_code == 200

    assert wrong(member, 5) == [401] * 5


def test_signing_in_often_is_no_attempt(member):
    assert {log_in(member).status_code for _ in range(120)} == {200}


def test_an_attacker_elsewhere_does_not_keep_the_owner_out(member):
    wrong(member, 40, at=THERE)

    assert log_in(member).status_code == 200


def test_one_account_does_not_keep_others_out(member):
    wrong(member, 40)

    assert log_in(make_member()).status_code == 200


def guesses_from_everywhere(member, times):
    return [log_in(member, "wrong", at=f"10.0.{n // 250}.{n % 250}").status_code for n in times]


def test_guesses_at_one_account_from_many_places_are_bounded(member):
    codes = guesses_from_everywhere(member, range(110))

    assert codes == [401] * 100 + [429] * 10


def test_they_never_keep_the_owner_out_of_a_place_where_the_owner_has_been(member):
    log_in(member, at=HERE)
    guesses_from_everywhere(member, range(110))

    assert log_in(member, at=HERE).status_code == 200
    assert held(log_in(member, at=THERE)) <= 30


def test_they_keep_the_owner_out_of_a_new_place_for_seconds_only(member, clock):
    guesses_from_everywhere(member, range(110))

    clock.passes(held(log_in(member, at=THERE)))

    assert log_in(member, at=THERE).status_code == 200


def test_a_reset_lets_the_owner_in_while_others_guess(member):
    wrong(member, 10, at=THERE)
    post("password-reset", THERE, email=member.email)
    [message] = mails()
    guesses_from_everywhere(member, range(110))
    body = {"token": token_in(message), "password": "kimchi at midnight 9"}

    assert post("password-reset/confirm", THERE, **body).status_code == 204

    assert log_in(member, body["password"], at=THERE).status_code == 200


def test_guesses_at_many_accounts_from_one_place_are_bounded(clock):
    codes = [post("login", email=f"m{n}@example.com", password="x").status_code for n in range(70)]

    assert codes == [401] * 60 + [429] * 10
    assert held(post("login", email="other@example.com", password="x")) <= 10


def test_they_do_not_keep_others_out_who_have_been_in_that_place(member):
    log_in(member)
    for number in range(70):
        post("login", email=f"m{number}@example.com", password="x")

    assert log_in(member).status_code == 200
    held(log_in(make_member()))


def test_an_account_that_does_not_exist_is_held_alike(member, clock):
    def outcomes(email):
        found = []
        for _ in range(9):
            answer = post("login", email=email, password="x")
            found.append((answer.status_code, answer.get("Retry-After")))
            clock.passes(1)
        return found

    assert outcomes(member.email) == outcomes("nobody@example.com")


@pytest.mark.parametrize("spelling", ["MINA@example.com", "mİna@example.com", "mina@Example.com"])
def test_other_spellings_of_an_address_are_the_same_account(spelling):
    member = make_member(email="mina@example.com")
    wrong(member, 6)

    held(post("login", email=spelling, password=PASSWORD))


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_no_more_get_through_than_one_after_another():
    member = make_member()

    answers = at_once([lambda: log_in(member, "wrong")] * 12)

    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


def test_a_held_guess_hashes_and_asks_nothing(member, monkeypatch):
    wrong(member, 5)
    monkeypatch.setattr(members, "check_password", pytest.fail)

    with CaptureQueriesContext(connection) as captured:
        held(log_in(member))

    assert len(captured) == 0


# The password asked for again


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "password", {"current_password": "wrong", "new_password": "kimchi at noon 9"}),
        ("post", "email", {"email": "moved@example.com", "password": "wrong"}),
        ("delete", "", {"password": "wrong"}),
    ],
)
def test_whoever_took_a_session_cannot_guess_the_password_with_it(api, method, path, body):
    def send():
        return getattr(api, method)(f"/api/v1/me/{path}".rstrip("/"), body, format="json")

    for _ in range(5):
        refused(send(), 400, "password_wrong")

    held(send())
    assert Member.objects.exists()
