"""What real processes export, and that dashboard, alerts and documentation name nothing else."""

import json
import re
from pathlib import Path

import httpx2
import psycopg
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from support.eventually import comes_true
from support.processes.person import Person
from support.processes.recorder import TERMINAL
from support.processes.stack import Stack, free_port, until

ROOT = Path(__file__).resolve().parents[3]
PORT = free_port()
# PromQL: what may follow is a selector, a range or nothing, but no bracket, which a function has.
_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?![a-zA-Z0-9_:]|\s*\()")
_LABELS = re.compile(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)|\"[^\"]*\"")


@pytest.fixture(scope="module")
def stack():
    with Stack(workers=1, WORKER_METRICS_PORT=str(PORT)) as running:
        running.model(tokens=5)
        yield running


@pytest.fixture
async def person(stack):
    async with Person(stack.url) as signed_up:
        yield signed_up


def read(url):
    """{family's name as it is sampled: {labels: value}}"""
    answer = httpx2.get(f"{url}/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            samples.setdefault(sample.name, {})[labels] = sample.value
    return samples


def of_worker():
    return read(f"http://127.0.0.1:{PORT}")


async def answered(person):
    reply = await person.ask(await person.begin(), "hello")
    wait = {"Prefer": "wait=15"}
    found = (await person.http.get(f"/replies/{reply['id']}", headers=wait, timeout=20)).json()
    assert found["status"] in TERMINAL
    return found


def total(samples, name, **labels):
    wanted = set(labels.items())
    return sum(value for key, value in samples.get(name, {}).items() if wanted <= set(key))


async def test_a_reply_is_counted_where_it_happens(stack, person):
    web, worker = read(stack.url), of_worker()
    async with person.recorder():
        found = await answered(person)

        def gained(before, after, name, **labels):
            return total(after, name, **labels) - total(before, name, **labels)

        now = read(stack.url)
        assert gained(web, now, "malgil_replies_accepted_total") == 1
        assert gained(web, now, "malgil_sockets_opened_total") == 1
        assert total(now, "malgil_sockets_open") == 1
        route = "/api/v1/conversations/{conversation_id}/replies"
        counted = {"method": "POST", "route": route, "status": "202"}
        assert gained(web, now, "malgil_http_requests_total", **counted) == 1
    await comes_true(lambda: total(of_worker(), "malgil_reply_seconds_count") >= 1)
    now = of_worker()
    assert gained(worker, now, "malgil_replies_ended_total", status="completed") == 1
    assert gained(worker, now, "malgil_reply_first_token_seconds_count") == 1
    tokens = gained(worker, now, "malgil_tokens_total", kind="completion")
    assert tokens == found["usage"]["completion_tokens"]
    assert gained(worker, now, "malgil_deltas_total") >= 1
    await comes_true(lambda: total(read(stack.url), "malgil_sockets_open") == 0)


async def test_failures_and_retries_are_counted_by_their_code(stack, person):
    before = of_worker()
    stack.script({"fault": "status", "fault_status": 500}, {"fault": "status", "fault_status": 401})
    found = await answered(person)
    assert found["error"]["code"] == "model_access_denied"

    def counted():
        now = of_worker()
        failed = {"status": "failed", "code": "model_access_denied"}
        names = [("malgil_replies_ended_total", failed)]
        names += [("malgil_replies_retried_total", {"code": "model_error"})]
        return [
            total(now, name, **labels) - total(before, name, **labels) for name, labels in names
        ]

    await comes_true(lambda: counted() == [1, 1])


async def test_a_wrong_key_shows_and_is_not_tried_again(stack, person):
    stack.model(api_key="another")
    try:
        replies = [await answered(person) for _ in range(3)]

        def said():
            return httpx2.get(f"{stack.url}/readyz").json()

        until(lambda: said()["checks"]["model"] == "unauthorized", seconds=5, what="it shows")
        assert said()["status"] == "degraded"
        status = {"status": "unauthorized"}
        assert total(read(stack.url), "malgil_model_status", **status) == 1
        for reply in replies:
            assert (reply["attempt"], reply["error"]["code"]) == (1, "model_access_denied")
            assert not reply["error"]["retryable"]
            assert reply["error"]["refunded"]
    finally:
        stack.model(api_key=None)
    assert (await answered(person))["status"] == "completed"
    until(lambda: said()["checks"]["model"] == "ok", seconds=5, what="it is well again")


def test_the_workers_probe_says_what_is_wrong(stack):
    def said():
        answer = httpx2.get(f"http://127.0.0.1:{PORT}/healthz")
        return answer.status_code, answer.json()["checks"]

    well = {"engine": "ok", "registered": "ok", "heartbeat": "ok"}
    assert said() == (200, well)
    assert httpx2.get(f"http://127.0.0.1:{PORT}/other").status_code == 404

    # What a lock does to its heart: it cannot write its row.
    with psycopg.connect(stack.postgres.url) as connection:
        connection.execute("LOCK TABLE workers_worker IN ACCESS EXCLUSIVE MODE")
        until(lambda: said()[1]["heartbeat"] == "stale", seconds=10, what="it is told")
        assert said() == (503, well | {"heartbeat": "stale"})
        connection.rollback()
    until(lambda: said() == (200, well), seconds=10, what="it recovers")


# What names them


def names_in(expression):
    words = _WORD.findall(_LABELS.sub(" ", expression))
    return {word for word in words if "_" in word and not word.startswith("__")}


def dashboard():
    panels = json.loads((ROOT / "deploy/grafana/malgil.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def alerts():
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def test_dashboard_and_alerts_name_what_is_exported(stack):
    exported = set(read(stack.url)) | set(of_worker())
    named = {name for expression in [*dashboard(), *alerts()] for name in names_in(expression)}

    assert len(named) > 25
    assert named - exported == set()


def test_the_dashboard_leaves_out_nothing_of_ours(stack):
    exported = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for name in set(read(stack.url)) | set(of_worker())
        if name.startswith("malgil_")
    }
    shown = {re.sub(r"_bucket$", "", name) for e in dashboard() for name in names_in(e)}

    assert exported - shown <= {"malgil_database_up"}


def test_the_documented_metrics_are_the_exported_ones(stack):
    text = (ROOT / "docs/operations.md").read_text()
    documented = set(re.findall(r"^\| `(malgil_\w+)", text, re.MULTILINE))
    exported = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for name in set(read(stack.url)) | set(of_worker())
        if name.startswith("malgil_")
    }

    assert documented == exported


def test_the_example_asks_the_services_of_the_compose_file_at_their_ports():
    asked = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for job in asked["scrape_configs"]:
        for found in job["dns_sd_configs"]:
            for name in found["names"]:
                service = json.dumps(services[name])
                assert str(found["port"]) in service, name
