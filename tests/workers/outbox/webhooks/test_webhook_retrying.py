"""When a delivery is tried again."""

import pytest

from config import env
from workers.outbox.webhooks.retrying import Answer, pause_after

DEFAULT = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]


@pytest.fixture(autouse=True)
def _as_installed(settings, _quick):
    settings.WEBHOOK_RETRY_SECONDS = DEFAULT


def test_the_pauses_are_those_of_the_specification():
    pauses = [pause_after(Answer(status=500), attempts=n, chance=0.5) for n in range(1, 12)]

    assert pauses == [*DEFAULT, None, None]


def test_chance_spreads_a_pause_by_a_tenth():
    spread = [pause_after(Answer(status=None), attempts=2, chance=c) for c in (0, 0.5, 1)]

    assert spread == [270, 300, pytest.approx(330)]


@pytest.mark.parametrize(
    ("retry_after", "pause"), [(0, 5), (3, 5), (60, 60), (10**9, 86_400), (float("inf"), 86_400)]
)
def test_a_longer_retry_after_is_honoured_up_to_a_day(retry_after, pause):
    answer = Answer(status=429, retry_after=retry_after)

    assert pause_after(answer, attempts=1, chance=0.5) == pause


@pytest.mark.parametrize(
    ("status", "success"), [(200, True), (204, True), (299, True), (199, False), (300, False)]
)
def test_only_2xx_is_success(status, success):
    assert Answer(status=status).is_success is success
    assert not Answer(status=None).is_success


# The settings


@pytest.mark.parametrize("given", ["x", "5,", "5,,6", "-1", "nan", "inf", "5;6"])
def test_a_bad_schedule_stops_the_start_and_is_named(monkeypatch, given):
    monkeypatch.setenv("WEBHOOK_RETRY_SECONDS", given)

    with pytest.raises(SystemExit, match=r"^WEBHOOK_RETRY_SECONDS is not usable: "):
        env.schedule("WEBHOOK_RETRY_SECONDS", "5")


@pytest.mark.parametrize(
    "given", ["10.0.0.0/33", "localhost", "10.0.0.1/8", "10.0.0.0/8;", "*", "::/129"]
)
def test_a_bad_network_stops_the_start_and_is_named(monkeypatch, given):
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", given)

    with pytest.raises(SystemExit, match=r"^WEBHOOK_ALLOWED_NETWORKS is not usable: "):
        env.networks("WEBHOOK_ALLOWED_NETWORKS")


def test_good_settings_are_read(monkeypatch):
    monkeypatch.setenv("WEBHOOK_RETRY_SECONDS", "0.5, 2,1e3")
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", "10.0.0.0/8, fd00::/8,192.0.2.1")

    assert env.schedule("WEBHOOK_RETRY_SECONDS", "5") == [0.5, 2, 1000]
    networks = [str(network) for network in env.networks("WEBHOOK_ALLOWED_NETWORKS")]
    assert networks == ["10.0.0.0/8", "fd00::/8", "192.0.2.1/32"]
    monkeypatch.delenv("WEBHOOK_ALLOWED_NETWORKS")
    assert env.networks("WEBHOOK_ALLOWED_NETWORKS") == []
