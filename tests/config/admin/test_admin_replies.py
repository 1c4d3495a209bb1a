"""Replies and conversations in the admin: found, and acted on by who may."""

import pytest
from django.contrib.admin.models import LogEntry
from support.admin_replies import LIST, completed, page_of
from support.chat.reply_rows import another_member, make_reply, make_running, stored
from support.operations import press, text_of

from chat.limits import daily_limit
from chat.models import Reply
from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import claims, lifecycle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
FAILURE = Failure(code="model_error", detail="The model reported an error.", retryable=True)


def failed(member):
    reply = make_running(member)
    lifecycle.fail(reply, FAILURE, Outcome())
    return reply


@pytest.fixture
def all_kinds(member):
    return {
        "queued": make_reply(member),
        "in_progress": make_running(member),
        "completed": completed(member),
        "failed": failed(another_member()),
    }


def listed(ops, **query):
    page = text_of(ops.get(LIST, query))
    return {str(one) for one in Reply.objects.values_list("id", flat=True) if f"{one}/" in page}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"queued", "in_progress", "completed", "failed"}),
        ({"status": "failed"}, {"failed"}),
        ({"status": "open"}, {"queued", "in_progress"}),
        ({"code": "model_error"}, {"failed"}),
        ({"code": "crash_loop"}, set()),
        ({"model": "test-model"}, {"queued", "in_progress", "completed", "failed"}),
        ({"model": "other-model"}, set()),
        ({"worker": "not an id"}, set()),
        ({"accepted": "hour"}, {"queued", "in_progress", "completed", "failed"}),
        ({"accepted": "never"}, {"queued", "in_progress", "completed", "failed"}),
        ({"nonsense": "1"}, set()),
    ],
)
def test_filters(ops, all_kinds, query, found):
    assert listed(ops, **query) == {str(all_kinds[name].id) for name in found}


def test_those_of_one_worker(ops, all_kinds):
    running = all_kinds["in_progress"]

    assert listed(ops, worker=str(running.worker)) == {str(running.id)}


def test_what_was_accepted_long_ago_is_not_of_the_last_hour(ops, member):
    from datetime import timedelta

    from django.utils import timezone

    from api.ids import floor_of

    long_ago = timezone.now() - timedelta(hours=2)
    old = make_reply(member, id=floor_of(long_ago), created_at=long_ago)
    new = make_reply(another_member())

    assert listed(ops, accepted="hour") == {str(new.id)}
    assert listed(ops, accepted="day") == {str(old.id), str(new.id)}


def test_searched_by_id_by_conversation_and_by_member(ops, all_kinds):
    one = all_kinds["failed"]

    for search in (one.id, one.conversation_id, one.member_id, one.member.email):
        assert listed(ops, q=str(search)) == {str(one.id)}


def test_a_list_costs_the_same_however_long_it_is(ops, member, django_assert_max_num_queries):
    for _ in range(60):
        make_reply(member)
    for page in (LIST, "/admin/chat/conversation/", "/admin/accounts/member/"):
        with django_assert_max_num_queries(12) as queries:
            ops.get(page)
        counts = [q["sql"] for q in queries.captured_queries if "COUNT(" in q["sql"].upper()]
        assert counts
        assert all("LIMIT 1000" in sql for sql in counts)


def test_a_list_that_would_take_minutes_is_stopped(ops, monkeypatch):
    from config.admin import pages

    def slow(self, request):
        return Reply.objects.extra(where=["pg_sleep(2) IS NOT NULL"])

    monkeypatch.setattr(pages, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr("config.admin.replies.ReplyAdmin.get_queryset", slow)
    make_reply(another_member())

    answer = ops.get(LIST)

    assert answer.status_code == 503
    assert "took too long" in text_of(answer)


@pytest.mark.parametrize("page", ["chat/reply", "chat/conversation"])
def test_nothing_is_written_here_by_hand(ops, all_kinds, page):
    one = all_kinds["queued"]
    key = one.id if page == "chat/reply" else one.conversation_id

    assert ops.get(f"/admin/{page}/add/").status_code == 403
    assert ops.post(f"/admin/{page}/{key}/delete/", {"post": "yes"}).status_code == 403
    assert ops.post(f"/admin/{page}/{key}/change/", {"status": "completed"}).status_code == 403
    assert stored(one).status == "queued"


def test_a_waiting_reply_is_cancelled_and_its_slot_comes_back(ops, member):
    reply = make_reply(member, counted=True)

    press(ops, page_of(reply), "cancel")

    assert (stored(reply).status, stored(reply).error_code) == ("cancelled", "cancelled")
    assert daily_limit.state(member=member).used == 0


def test_the_worker_of_a_running_one_is_asked(ops, member):
    reply = make_running(member)

    press(ops, page_of(reply), "cancel")

    assert stored(reply).cancel_requested_at is not None


def test_a_running_reply_is_taken_from_its_worker_which_writes_nothing_more(ops, member):
    reply = make_running(member)

    answer = press(ops, page_of(reply), "requeue")

    assert "Requeued: 1" in text_of(answer)
    now = stored(reply)
    assert (now.status, now.worker, now.attempt, now.rescues) == ("queued", None, 1, 0)
    with pytest.raises(claims.Superseded):
        lifecycle.complete(reply, Outcome(choices=[ChoiceParts(index=0, content="late")]))
    again = lifecycle.claim(reply_id=reply.id, worker=reply.worker)
    assert again is not None
    assert again.attempt == 2


def test_only_a_running_one_is_requeued(ops, all_kinds):
    for name in ("queued", "completed", "failed"):
        before = stored(all_kinds[name]).revision
        assert "does not run" in text_of(press(ops, page_of(all_kinds[name]), "requeue"))
        assert stored(all_kinds[name]).revision == before


def test_an_ended_one_is_answered_again_at_no_cost_to_the_member(ops, member):
    member.daily_limit = 1
    member.save()
    reply = completed(member, counted=True)

    press(ops, page_of(reply), "answer_again")

    new = Reply.objects.exclude(id=reply.id).get()
    assert (new.prompt_id, new.status, new.member_id) == (reply.prompt_id, "queued", member.id)
    assert daily_limit.state(member=member).used == 1
    assert lifecycle.cancel_queued(new.id)
    assert daily_limit.state(member=member).used == 1, "nothing was taken, so nothing comes back"


def test_a_conversation_that_waits_for_an_answer_gets_no_second_one(ops, member):
    reply = completed(member)
    make_reply(member, conversation=reply.conversation)

    answer = press(ops, page_of(reply), "answer_again")

    assert answer.status_code == 200
    assert "has a reply that has not ended yet" in text_of(answer)
    assert Reply.objects.count() == 2


def test_it_says_why_an_answer_cannot_be_asked_for_again(ops, member, settings):
    running = make_running(member)
    assert "has not ended" in text_of(press(ops, page_of(running), "answer_again"))
    gone = completed(another_member())
    type(gone.conversation).objects.filter(id=gone.conversation_id).update(
        deleted_at=gone.created_at
    )
    assert "deleted" in text_of(press(ops, page_of(gone), "answer_again"))
    locked = completed(another_member())
    type(locked.member).objects.filter(id=locked.member_id).update(is_active=False)
    assert "deactivated" in text_of(press(ops, page_of(locked), "answer_again"))
    settings.CHAT_QUEUE_MAX = 0
    full = completed(another_member())
    assert "Too many requests are waiting" in text_of(press(ops, page_of(full), "answer_again"))


def test_actions_on_many_tell_of_each(ops, all_kinds):
    chosen = [str(one.id) for one in all_kinds.values()]
    body = {"action": "cancel", "_selected_action": chosen, "index": "0"}

    told = text_of(ops.post(LIST, body, follow=True))

    assert "Cancelled: 2" in told
    assert told.count("It has ended already") == 2


def test_who_may_only_look_does_nothing(staff_with, all_kinds):
    browser = staff_with("chat.view_reply")
    running = all_kinds["in_progress"]

    assert browser.get(f"{page_of(running)}change/").status_code == 200
    for button in ("cancel", "requeue", "answer_again"):
        assert press(browser, page_of(running), button).status_code == 403
    body = {"action": "cancel", "_selected_action": [str(running.id)], "index": "0"}
    browser.post(LIST, body, follow=True)
    assert stored(running).cancel_requested_at is None


def test_what_was_done_is_noted(ops, superuser, member):
    reply = make_running(member)
    press(ops, page_of(reply), "requeue")

    noted = LogEntry.objects.get(object_id=str(reply.id))
    assert (noted.user, noted.get_change_message()) == (superuser, "Requeued.")


def test_a_conversation_shows_its_tree(ops, member):
    reply = completed(member)
    from chat.models import Prompt

    choice = reply.choices.all()[0]
    second = Prompt.objects.create(
        conversation=reply.conversation, kind="message", answer="More", position=1, parent=choice
    )
    assert second.parent_id == choice.id

    page = text_of(ops.get(f"/admin/chat/conversation/{reply.conversation_id}/change/"))

    assert f'href="/admin/chat/reply/{reply.id}/change/"' in page
    assert f'href="#reply-{reply.id}"' in page
