"""One attempt against a real model server: its answer is shown and stored as it came."""

import json

import orjson
import pytest
from support.chat.reply_rows import stored
from support.workers.attempts import attempt, claimed, contents, texts_of

from api import threads
from chat.exchange import context, wire_format
from chat.outcomes import ChoiceParts, Outcome
from workers.generation.attempt import Generation
from workers.streaming.live_writer import LiveWriter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]


def added_up(chunks):
    """The chunks of a stream as a chat.completion, not by workers.model.chunk_accumulator."""
    whole = {}
    for chunk in chunks:
        whole |= {
            name: value for name, value in chunk.items() if value is not None or name not in whole
        }
    choices = {}
    for choice in (choice for chunk in chunks for choice in chunk["choices"]):
        known = choices.setdefault(choice["index"], {"message": {}})
        for name, value in choice["delta"].items():
            known["message"][name] = known["message"].get(name, "") + value
        known |= {name: choice[name] for name in ("index", "logprobs", "finish_reason")}
    whole["choices"] = [choices[index] for index in sorted(choices)]
    return whole | {"object": "chat.completion"}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("n", [None, 1, 2, 3, 4])
async def test_an_answer_is_shown_and_stored_as_it_came(member, model, stream, n):
    reply = await threads.run(claimed, member, stream=stream, n=n, temperature=0.5)

    _, told = await attempt(reply)

    def check():
        row = stored(reply)
        sent = model.requests()[-1]
        choices = list(row.choices.order_by("index"))
        assert row.status == "completed"
        assert wire_format.rebuilt_request(row) == sent["body"]
        wire = added_up(sent["response"]) if stream else sent["response"]
        assert wire_format.rebuilt_response(row, choices) == wire
        assert texts_of(told) == contents(reply)
        assert len(choices) == (n or 1)
        assert row.last_seq == sum(event.kind == "reply.delta" for event in told)
        if not stream:
            assert row.last_seq == (n or 1)

    await threads.run(check)


async def test_the_events_come_in_their_order(member):
    reply = await threads.run(claimed, member)

    _, told = await attempt(reply)

    kinds = [event.kind for event in told]
    first_delta = kinds.index("reply.delta")
    assert kinds[:first_delta] == ["reply.updated"]
    assert json.loads(told[0].frame)["reply"]["status"] == "in_progress"
    last = max(place for place, kind in enumerate(kinds) if kind == "reply.delta")
    assert kinds[last + 1 :] == ["reply.updated", "conversation.updated"]
    end = told[last + 1]
    assert (end.terminal, end.attempt, end.seq) == (True, 1, told[last].seq)
    assert json.loads(end.frame)["reply"]["status"] == "completed"


async def test_missing_usage_is_no_fault(member, model):
    model.set(fault="no_usage")
    reply = await threads.run(claimed, member)

    await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.total_tokens) == ("completed", None)


async def test_an_answer_that_cannot_be_stored_is_a_failure_of_the_attempt(member):
    reply = await threads.run(claimed, member)
    live = LiveWriter()
    generation = Generation(reply=reply, model=Told(), live=live)
    no_column_takes_it = ChoiceParts(index=40_000, content="x")

    await generation._conclude(Outcome(choices=[no_column_takes_it]))
    await live.close()

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code) == ("queued", "internal_error")


class Told:
    """A model that says what it is given, byte by byte if need be."""

    def __init__(self, *chunks, whole=None):
        self.chunks, self.whole = chunks, whole

    async def client(self):
        return self

    async def stream(self, body):
        for chunk in self.chunks:
            yield chunk

    async def complete(self, body):
        return self.whole

    async def close(self):
        pass


async def run_with(model, reply):
    live = LiveWriter()
    generation = Generation(reply=reply, model=model, live=live)
    seen = []
    tell = live.tell
    live.tell = lambda told: (seen.extend(told := list(told)), tell(told))
    await generation.run()
    await live.close()
    return seen


@pytest.mark.parametrize("stream", [True, False])
async def test_what_cannot_be_stored_is_shown_as_it_is_stored(member, stream):
    odd = "N\0L 안녕 😀"
    message = {"role": "assistant", "content": odd, "x\0": "y\0"}
    end = {"index": 0, "finish_reason": "stop"}
    reply = await threads.run(claimed, member, stream=stream)
    model = Told(
        {"choices": [{**end, "delta": message}]}, whole={"choices": [{**end, "message": message}]}
    )

    told = await run_with(model, reply)

    assert await threads.run(contents, reply) == texts_of(told) == {0: "N�L 안녕 😀"}


async def test_more_choices_than_asked_for_are_kept(member):
    reply = await threads.run(claimed, member)
    chunks = [
        {"choices": [{"index": i, "delta": {"content": f"t{i}"}, "finish_reason": "stop"}]}
        for i in (0, 2)
    ]

    told = await run_with(Told(*chunks), reply)

    assert await threads.run(contents, reply) == texts_of(told) == {0: "t0", 2: "t2"}


async def test_a_context_is_what_the_model_is_asked_with(member, model):
    reply = await threads.run(claimed, member)

    await attempt(reply)

    expected = await threads.run(lambda: context.of(stored(reply)).messages)
    assert model.requests()[-1]["body"]["messages"] == expected
    assert orjson.dumps(expected)
