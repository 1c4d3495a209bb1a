"""One attempt against a real model server, with every way in which it can go wrong."""

import asyncio
import json
import re
from contextlib import asynccontextmanager, suppress

import msgpack
import orjson
import pytest
from redis.asyncio import Redis
from support.eventually import comes_true
from support.reply_rows import make_running, set_directly, stored

from api import threads
from chat.events import messages
from chat.exchange import context, wire_format
from chat.models import Choice, QuotaSlot, Reply
from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle
from workers.generation.attempt import Generation, Stop
from workers.model import provider_dialect
from workers.model.client import ModelClient
from workers.model.failures import TIMEOUT, ModelFailure
from workers.streaming.live_writer import LiveWriter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]
NAME = "malgil-demo"


@pytest.fixture(autouse=True)
def _patient(settings):
    settings.MODEL_ATTEMPTS = 4
    settings.MODEL_BACKOFF_SECONDS = 1
    provider_dialect._learnt.clear()


async def attempt(reply, during=None):
    """Runs the claimed reply as the engine does; what was told of it, in order."""
    from django.conf import settings

    model, live = ModelClient(), LiveWriter()
    generation = Generation(reply=reply, model=model, live=live)
    async with Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as pubsub:
        await pubsub.subscribe(f"asgi__group__{messages.member_group(reply.member_id)}")
        await pubsub.get_message(timeout=5)
        running = asyncio.ensure_future(generation.run())
        if during is not None:
            await during(generation)
        async with asyncio.timeout(15):
            await running
        await live.close()
        await model.close()
        told = []
        while message := await pubsub.get_message(ignore_subscribe_messages=True, timeout=0.05):
            told += messages.from_wire(msgpack.unpackb(message["data"]))["events"]
    return generation, told


def claimed(member, **config):
    return make_running(member, config={"model": NAME} | config, counted=True)


def texts_of(told):
    """What a client makes of the deltas; each must be the next."""
    texts, position = {}, 0
    for event in told:
        if event.kind == "reply.delta":
            delta = json.loads(event.frame)
            assert delta["seq"] == event.seq == position + 1
            position = event.seq
            texts[delta["choice"]] = texts.get(delta["choice"], "") + delta["text"]
    return texts


def contents(reply):
    return {choice.index: choice.content for choice in Choice.objects.filter(reply=reply.id)}


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


AGAIN = [
    ({"fault": "status", "fault_status": 408}, "model_timeout"),
    ({"fault": "status", "fault_status": 409}, "model_error"),
    ({"fault": "status", "fault_status": 429}, "model_rate_limited"),
    ({"fault": "status", "fault_status": 500}, "model_error"),
    ({"fault": "status", "fault_status": 503}, "model_error"),
    ({"fault": "stall", "fault_after": 3}, "model_timeout"),
    ({"fault": "stall", "fault_after": 0}, "model_timeout"),
    ({"fault": "hang"}, "model_timeout"),
    ({"fault": "cut", "fault_after": 3}, "model_unreachable"),
    ({"fault": "garbage", "fault_after": 3}, "model_response_invalid"),
    ({"fault": "error", "fault_after": 3}, "model_error"),
    ({"fault": "no_finish"}, "model_response_invalid"),
]
FINAL = [
    ({"fault": "status", "fault_status": 400}, "request_refused"),
    ({"fault": "status", "fault_status": 401}, "model_access_denied"),
    ({"fault": "status", "fault_status": 403}, "model_access_denied"),
    ({"fault": "status", "fault_status": 404}, "model_not_found"),
    (
        {"fault": "status", "fault_status": 429, "fault_code": "insufficient_quota"},
        "model_quota_exhausted",
    ),
    (
        {"fault": "status", "fault_status": 400, "fault_code": "context_length_exceeded"},
        "context_too_long",
    ),
]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("fault", "code"), AGAIN)
async def test_a_passing_fault_is_tried_again_later(member, model, stream, fault, code):
    model.set(**fault)
    reply = await threads.run(claimed, member, stream=stream)

    generation, told = await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code, row.failures) == ("queued", code, 1)
    assert row.retry_at is not None
    assert 0.5 <= generation.retry_in <= 1
    assert json.loads(told[-1].frame)["reply"]["status"] == "queued"
    assert await threads.run(QuotaSlot.objects.count) == 1
    assert await threads.run(contents, reply) == {}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("fault", "code"), FINAL)
async def test_a_lasting_fault_ends_the_reply_at_once(member, model, stream, fault, code):
    model.set(**fault)
    reply = await threads.run(claimed, member, stream=stream)

    generation, told = await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code, row.refunded) == ("failed", code, True)
    assert generation.retry_in is None
    assert [event.kind for event in told[-3:]] == [
        "reply.updated",
        "conversation.updated",
        "quota.updated",
    ]
    assert "was told to" not in told[-3].frame + row.error_detail
    assert await threads.run(QuotaSlot.objects.count) == 0


async def test_a_server_that_is_not_there_is_tried_again(member, settings):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    reply = await threads.run(claimed, member)

    await attempt(reply)

    assert (await threads.run(stored, reply)).error_code == "model_unreachable"


async def test_the_last_attempt_fails_with_the_text_that_was_shown(member, model):
    model.set(fault="cut", fault_after=3)
    reply = await threads.run(claimed, member)
    reply.failures = 3
    await threads.run(set_directly, reply, failures=3)

    _, told = await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code) == ("failed", "model_unreachable")
    assert texts_of(told) == await threads.run(contents, reply)
    assert row.last_seq == max(event.seq for event in told)


async def test_retry_after_is_honoured(member, model):
    model.set(fault="status", fault_status=429, fault_retry_after=7)
    reply = await threads.run(claimed, member)

    generation, _ = await attempt(reply)

    assert 6.5 < generation.retry_in <= 7


async def test_an_attempt_has_a_deadline(member, model, settings):
    settings.MODEL_STALL_SECONDS = settings.MODEL_ANSWER_SECONDS = 30
    settings.MODEL_DEADLINE_SECONDS = 0.4
    model.set(tokens_per_second=5, tokens=100)
    reply = await threads.run(claimed, member)

    await attempt(reply)

    assert (await threads.run(stored, reply)).error_code == "model_timeout"


async def test_missing_usage_is_no_fault(member, model):
    model.set(fault="no_usage")
    reply = await threads.run(claimed, member)

    await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.total_tokens) == ("completed", None)


@pytest.mark.parametrize(
    ("refuse", "config", "spelled"),
    [
        (["stream_options"], {}, {"without": ["stream_options"]}),
        (["max_tokens"], {"max_tokens": 4}, {"max_tokens": "max_completion_tokens"}),
        (
            ["stream_options", "max_tokens"],
            {"max_tokens": 4},
            {"without": ["stream_options"], "max_tokens": "max_completion_tokens"},
        ),
    ],
)
async def test_a_refused_field_is_spelled_otherwise_and_remembered(
    member, model, refuse, config, spelled
):
    model.set(refuse=refuse)
    reply, next_one = [await threads.run(claimed, member, **config) for _ in range(2)]

    await attempt(reply)
    asked = len(model.requests())
    await attempt(next_one)

    def check():
        row = stored(reply)
        assert (row.status, row.attempt) == ("completed", 1)
        assert row.extra["spelling"] == spelled
        assert wire_format.rebuilt_request(row) == model.requests()[asked - 1]["body"]

    await threads.run(check)
    assert asked == 1 + len(refuse)
    assert len(model.requests()) == asked + 1


async def test_a_field_that_cannot_be_spelled_otherwise_is_a_clear_failure(member, model):
    model.set(refuse=["n"])
    reply = await threads.run(claimed, member, n=2)

    await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code) == ("failed", "request_refused")
    assert len(model.requests()) == 1


async def test_a_bound_under_neither_name_is_a_clear_failure(member, model):
    model.set(refuse=["max_tokens", "max_completion_tokens"])
    reply = await threads.run(claimed, member, max_tokens=4)

    await attempt(reply)

    assert (await threads.run(stored, reply)).error_code == "request_refused"
    assert provider_dialect.refused_by(NAME) == frozenset()


def slowly(model):
    model.set(tokens=1000, tokens_per_second=100)


async def until(condition):
    """The condition may take its time, and does so in a thread."""
    await comes_true(lambda: threads.run(condition))


async def test_a_cancel_keeps_the_text_that_was_shown(member, model):
    slowly(model)
    reply = await threads.run(claimed, member)

    async def cancel(generation):
        await comes_true(lambda: generation._text.seq >= 3)
        generation.stop(Stop.CANCEL)

    _, told = await attempt(reply, cancel)

    row = await threads.run(stored, reply)
    assert (row.status, row.refunded) == ("cancelled", False)
    assert texts_of(told) == await threads.run(contents, reply) != {}
    assert told[-2].terminal
    await until(lambda: model.requests()[-1]["outcome"] == "disconnected")


@pytest.mark.parametrize(
    ("why", "status", "slots"),
    [(Stop.CANCEL, "cancelled", 0), (Stop.HAND_BACK, "queued", 1), (Stop.DROP, "in_progress", 1)],
)
async def test_a_stop_before_the_first_token(member, model, why, status, slots):
    model.set(fault="hang")
    reply = await threads.run(claimed, member)

    async def stop(generation):
        await until(model.requests)
        generation.stop(why)
        generation.stop(Stop.CANCEL)  # what came first counts

    _, told = await attempt(reply, stop)

    row = await threads.run(stored, reply)
    assert row.status == status
    assert await threads.run(QuotaSlot.objects.count) == slots
    assert texts_of(told) == {}


async def test_a_stop_before_the_model_is_asked_asks_no_model(member, model):
    reply = await threads.run(claimed, member)

    async def stop(generation):
        generation.stop(Stop.CANCEL)

    await attempt(reply, stop)

    assert (await threads.run(stored, reply)).status == "cancelled"
    assert model.requests() == []


async def test_a_stop_after_the_last_token_changes_nothing(member):
    reply = await threads.run(claimed, member)

    async def stop(generation):
        await comes_true(lambda: generation._asking)
        await asyncio.wait([generation._asking])
        generation.stop(Stop.CANCEL)

    await attempt(reply, stop)

    assert (await threads.run(stored, reply)).status == "completed"


async def test_a_superseded_attempt_writes_and_tells_nothing_of_its_end(member, model):
    slowly(model)
    reply = await threads.run(claimed, member)

    async def supersede(generation):
        def take_over():
            lifecycle.hand_back(Reply.objects.get(id=reply.id))

        await comes_true(lambda: generation._text.seq >= 2)
        await threads.run(take_over)
        generation.stop(Stop.CANCEL)

    _, told = await attempt(reply, supersede)

    assert (await threads.run(stored, reply)).status == "queued"
    assert await threads.run(contents, reply) == {}
    assert not any(event.terminal for event in told)


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


async def test_one_process_holds_more_streams_than_a_pool_has_by_default(member, model, settings):
    settings.MODEL_STALL_SECONDS = settings.MODEL_ANSWER_SECONDS = 20
    model.set(first_token_ms=60_000)
    client = ModelClient()
    body = {"model": NAME, "messages": [{"role": "user", "content": "Hi"}], "stream": True}

    async def hold():
        async for _ in client.stream(body):
            pass

    held = [asyncio.ensure_future(hold()) for _ in range(130)]
    try:
        await until(lambda: model.stats()["running"] == 130)
    finally:
        for stream in held:
            stream.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        await client.close()


@asynccontextmanager
async def serving(settings, port, answer):
    """A model server that is no server: `answer(reader, writer)` for each connection."""
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{port}/v1"
    async with await asyncio.start_server(answer, "127.0.0.1", port):
        client = ModelClient()
        yield client
        await client.close()


HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


async def test_a_connection_whose_end_comes_late_is_used_again(unused_tcp_port, settings):
    connections = []

    async def answer(reader, writer):
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length[1]))
                writer.write(HEADERS + b"Transfer-Encoding: chunked\r\n\r\n")
                writer.write(b"e\r\ndata: [DONE]\n\n\r\n")
                await asyncio.sleep(0.02)
                writer.write(b"0\r\n\r\n")
        writer.close()

    async with serving(settings, unused_tcp_port, answer) as client:
        for _ in range(3):
            async for _ in client.stream({"model": "m", "messages": [], "stream": True}):
                pass

    assert len(connections) == 1


async def test_a_body_that_does_not_end_is_not_waited_for(unused_tcp_port, settings):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEADERS + b"\r\ndata: {}\n\ndata: [DONE]\n\n")
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"never")
        writer.close()

    settings.MODEL_STALL_SECONDS = settings.MODEL_ANSWER_SECONDS = 30
    async with serving(settings, unused_tcp_port, answer) as client, asyncio.timeout(3):
        body = {"model": "m", "messages": [], "stream": True}
        assert [chunk async for chunk in client.stream(body)] == [{}]


async def test_comments_keep_no_stream_alive(unused_tcp_port, settings):
    """Such as proxies send while the model behind them hangs."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEADERS + b"\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b": wait\n\n")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    settings.MODEL_STALL_SECONDS = settings.MODEL_ANSWER_SECONDS = 0.3
    async with serving(settings, unused_tcp_port, answer) as client, asyncio.timeout(5):
        with pytest.raises(ModelFailure) as failed:
            async for _ in client.stream({"model": "m", "messages": [], "stream": True}):
                pass
    assert failed.value.kind is TIMEOUT


async def test_the_models_of_the_server_are_listed(model):
    client = ModelClient()

    assert NAME in await client.models()

    await client.close()
