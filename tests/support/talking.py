"""A conversation in few words: begun and asked through the API, answered as a worker would."""

from uuid import UUID, uuid4

from chat.models import Reply
from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import lifecycle

INTAKE = {"current_state": "I know nothing", "goal": "Learn Go", "misc": "Be brief"}


def begin(api, headers=None, **body):
    answer = api.post("/api/v1/conversations", body, format="json", headers=headers or {})
    assert answer.status_code == 201, answer.content
    return answer.json()


def post_reply(api, conversation, headers=None, **body):
    """The response, whatever it is."""
    path = f"/api/v1/conversations/{conversation['id']}/replies"
    return api.post(path, body, format="json", headers=headers or {})


def ask(api, conversation, headers=None, **body):
    """The accepted reply."""
    answer = post_reply(api, conversation, headers, **body)
    assert answer.status_code == 202, answer.content
    return answer.json()


def tell(api, conversation, **answers):
    """Answers questions of the intake by their kind."""
    for prompt in conversation["prompts"]:
        if prompt["kind"] in answers:
            path = f"/api/v1/conversations/{conversation['id']}/prompts/{prompt['id']}"
            answer = api.patch(path, {"answer": answers[prompt["kind"]]}, format="json")
            assert answer.status_code == 200, answer.content


def complete(reply, *texts):
    """The ids of the choices that the worker stored for the reply."""
    choices = [
        ChoiceParts(index=index, content=text, finish_reason="stop")
        for index, text in enumerate(texts)
    ]
    claimed = claim(reply)
    lifecycle.complete(claimed, Outcome(choices=choices))
    return [str(choice.id) for choice in claimed.choices.all()]


def fail(reply):
    failure = Failure(code="model_error", detail="The model failed.", retryable=True)
    lifecycle.fail(claim(reply), failure, Outcome())


def claim(reply) -> Reply:
    claimed = lifecycle.claim(reply_id=UUID(str(reply["id"])), worker=uuid4())
    assert claimed is not None
    return claimed


def exchange(api, conversation, message, *texts, **body):
    """Asks and answers; the reply and the ids of its choices."""
    reply = ask(api, conversation, message=message, **body)
    return reply, complete(reply, *texts)


def detail(api, conversation):
    answer = api.get(f"/api/v1/conversations/{conversation['id']}")
    assert answer.status_code == 200, answer.content
    return answer.json()
