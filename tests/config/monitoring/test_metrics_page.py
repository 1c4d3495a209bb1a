"""Who may read /metrics, and what of the tables it tells without reading through them."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.db import OperationalError, connection
from django.db.models import F
from rest_framework.test import APIClient
from support.chat.reply_rows import make_reply, make_running
from support.refusals import refused

from chat.models import Reply
from config.monitoring import service_metrics
from workers.engine import liveness
from workers.model.health import ModelStatus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


def told(**asked):
    answer = APIClient().get("/metrics", **asked)
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if line[0] != "#"]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.2.3.4", "172.18.0.5", "fd00::1"])
def test_a_machine_of_ours_may_read_it(address):
    told(REMOTE_ADDR=address)


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9", ""])
def test_for_others_there_is_nothing(address):
    refused(APIClient().get("/metrics", REMOTE_ADDR=address), 404, "not_found")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_nor_for_whoever_comes_through_a_proxy(header):
    answer = APIClient().get("/metrics", headers={header: "127.0.0.1"})

    refused(answer, 404, "not_found")


def test_other_networks_can_be_named(settings):
    settings.METRICS_NETWORKS = [ip_network("203.0.113.0/24")]

    told(REMOTE_ADDR="203.0.113.9")
    refused(APIClient().get("/metrics", REMOTE_ADDR="10.2.3.4"), 404, "not_found")


def test_what_waits_and_what_runs(member):
    for seconds in (10, 20):
        waiting = make_reply(member)
        Reply.objects.filter(id=waiting.id).update(
            created_at=F("created_at") - timedelta(seconds=seconds)
        )
    later = make_reply(member)
    Reply.objects.filter(id=later.id).update(
        created_at=F("created_at") - timedelta(hours=1), retry_at=F("created_at")
    )
    make_running(member)
    worker = liveness.register()
    liveness.beat(worker, running=[worker, worker, worker], model=ModelStatus.UNAUTHORIZED)

    numbers = told()

    assert numbers["malgil_queue_depth"] == 2
    assert 20 <= numbers["malgil_queue_oldest_seconds"] < 60
    assert numbers['malgil_replies_open{status="retrying"}'] == 1
    assert numbers['malgil_replies_open{status="in_progress"}'] == 1
    assert numbers["malgil_workers_alive"] == 1
    assert numbers['malgil_model_status{status="unauthorized"}'] == 1
    assert numbers['malgil_model_status{status="ok"}'] == 0
    [running] = [value for name, value in numbers.items() if "malgil_worker_in_flight{" in name]
    assert running == 3


def test_it_holds_nothing_of_a_member(member):
    make_reply(member)
    make_running(member)

    text = APIClient().get("/metrics").content.decode()

    for private in (str(member.id), member.email, member.nickname):
        assert private not in text


def test_without_the_database_it_says_so_and_does_not_wait_for_it_again(monkeypatch):
    asked = []

    def away():
        asked.append(1)
        raise OperationalError

    collector = service_metrics.ServiceCollector()
    monkeypatch.setattr(service_metrics, "read", away)

    for _ in range(2):
        [family] = collector.collect()
        assert (family.name, family.samples[0].value) == ("malgil_database_up", 0)
    assert len(asked) == 1


@pytest.mark.parametrize("statement", [service_metrics._QUEUE, service_metrics._OTHERS])
def test_no_statement_reads_through_the_replies(statement):
    """As it is planned for a large table, in which few are open."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Seq Scan on chat_reply" not in plan
    assert "Index" in plan
