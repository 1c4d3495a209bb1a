"""Each view declares the errors that it may answer with, and is held to it."""

import pytest
from support.declared_problems import Undeclared
from support.talking import ask, begin, post_reply

from accounts.members import EmailTaken
from api.problems import answers, declared, of_every_operation, problem
from chat.limits.daily_limit import DailyLimitReached
from chat.replies.accept import KeyReused, QueueFull, ReplyInProgress
from chat.rest.catalogue_views import QuotaView
from chat.rest.reply_views import RepliesView
from config.http.problems import status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@pytest.mark.parametrize("error", [KeyReused(), QueueFull(), EmailTaken()])
def test_an_error_that_a_view_does_not_declare_fails(api, monkeypatch, error):
    def get(self, request):
        raise error

    monkeypatch.setattr(QuotaView, "get", get)

    name = type(error).__name__
    with pytest.raises(Undeclared, match=rf"QuotaView\.get does not declare {name}"):
        api.get("/api/v1/quota")


def test_it_does_not_where_it_is_declared(api, monkeypatch):
    @answers(problem("There are many", QueueFull))
    def get(self, request):
        raise QueueFull()

    monkeypatch.setattr(QuotaView, "get", get)

    assert api.get("/api/v1/quota").status_code == 503


def test_what_an_asynchronous_view_does_not_declare_fails_too(api, monkeypatch):
    talk = begin(api, intake=False)
    ask(api, talk, message="One")
    monkeypatch.setattr(RepliesView, "problems", ())

    with pytest.raises(Undeclared, match=r"RepliesView\.post does not declare ReplyInProgress"):
        post_reply(api, talk, message="Two")


def test_what_a_class_declares_comes_before_what_its_handler_does():
    view = RepliesView()
    found = [error for problem in declared(view, "POST") for error in problem.errors]

    assert found.index(ReplyInProgress) < found.index(RepliesView.post.problems[0].errors[0])


def test_the_status_of_a_problem_is_that_of_its_errors():
    assert status_of(problem("", KeyReused)) == 422
    assert status_of(problem("", EmailTaken)) == 400
    assert [status_of(each) for each in of_every_operation(RepliesView(), "POST")] == [
        *(400, 503, 401, 413, 415)
    ]
    with pytest.raises(ValueError, match="too many values"):
        status_of(problem("", KeyReused, DailyLimitReached))
