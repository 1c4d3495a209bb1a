"""Texts of members in the admin: shown on request, to who may read them."""

import pytest
from django.contrib.admin.models import LogEntry
from support.admin_replies import LIST, SECRET, completed, page_of
from support.chat.reply_rows import another_member, make_reply, set_directly
from support.operations import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


def everywhere(reply):
    conversation = f"/admin/chat/conversation/{reply.conversation_id}/"
    return (
        *(LIST, f"{page_of(reply)}change/", f"{page_of(reply)}history/"),
        *("/admin/chat/conversation/", f"{conversation}change/", f"{conversation}history/"),
        *("/admin/", f"/admin/accounts/member/{reply.member_id}/change/"),
    )


def test_texts_are_on_no_page_by_themselves(ops, member):
    reply = completed(member, message=SECRET, config={"system": SECRET})
    type(reply.conversation).objects.filter(id=reply.conversation_id).update(title=SECRET)
    ops.post(f"/admin/chat/conversation/{reply.conversation_id}/texts/")
    set_directly(make_reply(another_member()), request_extra={"metadata": SECRET})

    for page in everywhere(reply):
        answer = ops.get(page)
        assert answer.status_code == 200
        assert SECRET not in text_of(answer), page


@pytest.mark.parametrize("kind", ["reply", "conversation"])
def test_texts_are_shown_on_request_and_each_look_is_noted(ops, superuser, member, kind):
    reply = completed(member, message=f"Question: {SECRET}")
    key = reply.id if kind == "reply" else reply.conversation_id

    answer = ops.post(f"/admin/chat/{kind}/{key}/texts/")

    assert f"Question: {SECRET}" in text_of(answer)
    assert f"Answer: {SECRET}" in text_of(answer)
    noted = LogEntry.objects.get(object_id=str(key))
    assert (noted.user, noted.get_change_message()) == (superuser, "Looked at the texts.")
    assert ops.get(f"/admin/chat/{kind}/{key}/texts/").status_code == 405


@pytest.mark.parametrize("kind", ["reply", "conversation"])
def test_without_the_permission_nobody_reads_texts(staff_with, member, kind):
    reply = completed(member, message=SECRET)
    key = reply.id if kind == "reply" else reply.conversation_id
    browser = staff_with(f"chat.view_{kind}", f"chat.change_{kind}")

    assert "Texts" not in text_of(browser.get(f"/admin/chat/{kind}/{key}/change/"))
    assert browser.post(f"/admin/chat/{kind}/{key}/texts/").status_code == 403
    assert not LogEntry.objects.exists()


def test_without_seeing_the_reply_its_texts_are_not_seen_either(staff_with, member):
    reply = completed(member, message=SECRET)
    browser = staff_with("chat.view_texts")

    answer = browser.post(f"{page_of(reply)}texts/")

    assert answer.status_code == 403
    assert SECRET not in text_of(answer)
