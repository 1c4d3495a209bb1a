"""Settings, script, journal and counters."""

import json
from contextlib import suppress

import pytest
from support.drivers.demo_driver import Demo, chunks, request, wait_for

CHAT = "/v1/chat/completions"


def test_settings_are_read_and_changed(demo: Demo) -> None:
    answer = demo.call("PATCH", "/control", {"tokens": 3, "fault_retry_after": None})
    assert answer.json() == demo.control() == {**demo.defaults, "tokens": 3}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nonsense", 1),
        ("first_token_ms", -1),
        ("first_token_ms", None),
        ("tokens_per_second", "fast"),
        ("tokens", 1.5),
        ("tokens", True),
        ("stamp", 1),
        ("fault", "explode"),
        ("fault", None),
        ("fault_status", 200),
        ("fault_retry_after", "soon"),
        ("fault_code", ""),
        ("fault_probability", 1.1),
        ("seed", "x"),
        ("refuse", "n"),
        ("refuse", [1]),
        ("api_key", 1),
        ("models", []),
        ("record", -1),
    ],
)
def test_a_bad_setting_is_named_and_nothing_changes(demo: Demo, field: str, value: object) -> None:
    before = demo.control()
    for path, body in (("/control", {}), ("/control/script", [])):
        overrides = {"fault_after": 9, field: value}
        given = overrides if body == {} else [overrides]
        answer = demo.call("PATCH" if body == {} else "POST", path, given)
        assert answer.status == 400
        assert answer.json()["error"]["param"] == field
    assert demo.control() == before
    assert demo.call("GET", "/control/script").json() == []


@pytest.mark.parametrize("body", [b"{", [], "x"])
def test_settings_must_be_an_object(demo: Demo, body: object) -> None:
    assert demo.call("PATCH", "/control", body).status == 400


@pytest.mark.parametrize("body", [{}, ["x"], [{"match": 3}], [{"seed": 1}], [{"record": 1}]])
def test_a_script_must_be_a_list_of_overrides(demo: Demo, body: object) -> None:
    assert demo.call("POST", "/control/script", body).status == 400


def test_script_entries_are_taken_in_order_one_a_request(demo: Demo) -> None:
    demo.script({"fault": "status", "fault_status": 500}, {"fault": "status", "fault_status": 429})
    demo.script({}, {"fault": "status", "fault_status": 503})
    assert [demo.chat("How?").status for _ in range(5)] == [500, 429, 200, 503, 200]


def test_an_entry_with_match_waits_for_its_message(demo: Demo) -> None:
    demo.script({"match": "bees", "tokens": 2}, {"tokens": 3})
    assert len(demo.text("ants").split()) == 3
    assert len(demo.text("ants").split()) > 3
    assert demo.call("GET", "/control/script").json() == [{"match": "bees", "tokens": 2}]
    assert len(demo.text("and bees?").split()) == 2
    assert demo.call("GET", "/control/script").json() == []


def test_a_script_can_be_cleared(demo: Demo) -> None:
    demo.script({"fault": "status"})
    assert demo.call("DELETE", "/control/script").status == 204
    assert demo.chat("How?").status == 200


def test_the_journal_holds_what_was_on_the_wire(demo: Demo) -> None:
    body = request("How?", temperature=0.5, unknown={"deep": [1, None]})
    whole = demo.call("POST", CHAT, body, key="k").json()
    stream = demo.stream("And?", n=2, stream_options={"include_usage": True})
    first, second = demo.requests()
    assert first["body"] == body
    assert first["response"] == whole
    assert first["path"] == CHAT
    assert first["authorization_present"] is True
    assert (first["status"], first["outcome"]) == (200, "completed")
    assert first["tokens"] == whole["usage"]["completion_tokens"]
    assert second["response"] == chunks(stream)
    assert second["authorization_present"] is False
    assert second["tokens"] == chunks(stream)[-1]["usage"]["completion_tokens"]
    assert first["id"] != second["id"]
    assert first["received_at"] <= second["received_at"]


def test_refusals_and_broken_bodies_are_remembered(demo: Demo) -> None:
    demo.call("POST", CHAT, b"{broken")
    (found,) = demo.requests()
    assert found["body"] == "{broken"
    assert (found["status"], found["outcome"]) == (400, "completed")
    assert found["response"]["error"]["code"] == "invalid_json"


def test_the_journal_can_be_searched_and_cleared(demo: Demo) -> None:
    for said in ("ants", "bees, 벌", "more ants"):
        demo.chat(said)
    assert [r["body"]["messages"][0]["content"] for r in demo.requests("ants")] == [
        "ants",
        "more ants",
    ]
    assert len(demo.requests("벌")) == 1
    assert demo.call("DELETE", "/control/requests").status == 204
    assert demo.requests() == []
    assert set(demo.stats().values()) == {0}


def test_no_more_is_remembered_than_told(demo: Demo) -> None:
    demo.set(record=2)
    for said in ("one", "two", "three"):
        demo.stream(said)
    assert [r["body"]["messages"][0]["content"] for r in demo.requests()] == ["two", "three"]
    demo.set(record=0)
    demo.stream("four")
    assert demo.requests() == []
    assert demo.stats()["received"] == 4


def test_counters_count_each_outcome(demo: Demo) -> None:
    demo.script({}, {"fault": "status"}, {"match": "stay", "fault": "stall"})
    demo.chat("one")
    demo.chat("two")
    with demo.open("POST", CHAT, request("stay", stream=True)):
        wait_for(lambda: demo.stats()["running"] == 1)
        demo.stream("three")
    wait_for(lambda: demo.stats()["running"] == 0)
    assert demo.stats() == {
        "received": 4,
        "running": 0,
        "completed": 2,
        "disconnected": 1,
        "faulted": 1,
        "peak_running": 2,
    }


def test_what_runs_stays_counted_when_the_counters_are_reset(demo: Demo) -> None:
    demo.set(fault="stall")
    with demo.open("POST", CHAT, request("How?", stream=True)):
        demo.call("DELETE", "/control/requests")
        assert demo.stats()["running"] == demo.stats()["peak_running"] == 1
    wait_for(lambda: demo.stats()["disconnected"] == 1)
    assert demo.stats()["received"] == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "slow",
    [
        {"first_token_ms": 60_000},
        {"tokens_per_second": 1, "tokens": 100},
        {"fault": "hang"},
        {"fault": "stall"},
    ],
)
def test_a_client_that_leaves_is_noticed(demo: Demo, slow: dict[str, object], stream: bool) -> None:
    demo.set(**slow)
    body = json.dumps(request("How?", stream=stream)).encode()
    with suppress(TimeoutError), demo.open("POST", CHAT, body, timeout=0.2) as response:
        response.read1()  # some of a stream; the body of the others never comes
    demo.wait_for_outcome("disconnected")
    assert demo.stats()["running"] == 0
