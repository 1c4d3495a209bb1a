"""From the question to the answer, through real processes."""

import asyncio


async def test_an_answer_arrives_live_and_is_stored_as_it_was_seen(person, healthy):
    async with person.recorder() as socket:
        conversation = await person.begin()
        reply = await person.ask(conversation, "hi")

        ended = await socket.until_ended(reply["id"])

        assert ended == await person.reply(reply["id"])
        assert ended["status"] == "completed"
        assert len(socket.of("reply.delta", reply["id"])) > 3
        assert socket.complaints == []


async def test_the_exchange_is_what_was_on_the_wire(person, healthy):
    conversation = await person.begin(config={"n": 2, "temperature": 0.5, "max_tokens": 40})
    async with person.recorder() as socket:
        reply = await person.ask(conversation, "the wire, please")
        await socket.until_ended(reply["id"])

    exchange = (await person.http.get(f"/replies/{reply['id']}/exchange")).json()

    [sent] = healthy.model_requests("the wire, please")
    assert exchange["request"] == sent["body"]
    assert len(exchange["response"]["choices"]) == 2


async def test_a_worker_that_is_killed_is_replaced(person, healthy):
    async with person.recorder() as socket:
        conversation = await person.begin()
        reply = await person.ask(conversation, "Tell me much about rivers")
        await socket.until(lambda s: len(s.of("reply.delta", reply["id"])) > 5, what="deltas")
        [[worker]] = healthy.rows(
            "SELECT pid FROM workers_worker JOIN chat_reply r ON r.worker = workers_worker.id"
        )
        victim = next(w for w in healthy.workers if w._popen.pid == worker)

        victim.kill()
        try:
            ended = await socket.until_ended(reply["id"])
        finally:
            victim.start()

        assert ended["status"] == "completed"
        assert ended["attempt"] == 2
        assert socket.complaints == []
    await asyncio.sleep(0)
