"""docker-compose.yml, as far as it can be judged without an engine; `make image-test` runs it."""

import subprocess
import sys

import pytest
import yaml
from support.deploy import caddy, compose

from config.launcher import services

SECRETS = {"SECRET_KEY": "x" * 40, "POSTGRES_PASSWORD": "y"}
OURS = ("api", "ws", "worker")


@pytest.fixture
def described():
    return compose.read(SECRETS)["services"]


def validate(file) -> subprocess.CompletedProcess[str]:
    """Against the Compose specification's schema, which the check-jsonschema package ships."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*command, str(file)], capture_output=True, text=True)


def test_it_is_as_the_specification_says(tmp_path) -> None:
    read = tmp_path / "compose.yml"
    read.write_text(yaml.safe_dump(compose.read(SECRETS)))

    for file in (compose.FILE, read):
        done = validate(file)
        assert done.returncode == 0, done.stdout


def test_the_schema_would_find_a_mistake(tmp_path) -> None:
    wrong = tmp_path / "compose.yml"
    wrong.write_text(compose.FILE.read_text().replace("healthcheck:", "healthchek:", 1))

    done = validate(wrong)

    assert done.returncode != 0
    assert "healthchek" in done.stdout


def test_all_services_are_there(described) -> None:
    assert set(described) - {"demo"} == {
        *("caddy", "api", "ws", "worker", "migrate", "postgres", "redis")
    }
    assert described["demo"]["profiles"] == ["demo"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_can_have_any_number_of_replicas(described, name) -> None:
    assert "container_name" not in described[name]
    assert "ports" not in described[name]


@pytest.mark.parametrize("name", OURS)
def test_a_service_waits_for_the_migrations(described, name) -> None:
    waits = described[name]["depends_on"]["migrate"]

    assert waits == {"condition": "service_completed_successfully"}
    assert described["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", ["api", "ws"])
def test_a_server_is_given_the_time_that_it_takes_to_stop(described, name) -> None:
    environment = described[name]["environment"]
    needed = float(environment["WEB_DRAIN_SECONDS"]) + float(environment["WEB_STOP_SECONDS"])

    assert compose.seconds(described[name]["stop_grace_period"]) >= needed + 5


def test_a_worker_is_given_the_time_of_its_drain(described, settings) -> None:
    grace = compose.seconds(described["worker"]["stop_grace_period"])

    assert grace >= settings.WORKER_DRAIN_SECONDS + services.HAND_BACK_SECONDS


def test_caddy_lets_go_of_idle_connections_before_a_server_does(described) -> None:
    drain = float(described["api"]["environment"]["WEB_DRAIN_SECONDS"])
    idle = [
        proxy["transport"]["keep_alive"]["idle_timeout"] / 1e9
        for proxy in caddy.proxies(caddy.adapted())
    ]

    assert len(idle) == 3
    # uvicorn's own default is five seconds.
    assert max(idle) < min(drain, 5)


@pytest.mark.parametrize("missing", SECRETS)
def test_a_secret_that_is_missing_is_named(missing) -> None:
    with pytest.raises(compose.Missing, match=missing):
        compose.read({name: value for name, value in SECRETS.items() if name != missing})


def test_the_image_is_built_once(described) -> None:
    ours = [name for name in described if described[name]["image"] == "malgil"]

    assert {*OURS, "migrate", "demo"} == set(ours)
    assert [name for name in ours if "build" in described[name]] == ["migrate"]


def test_up_can_wait_for_every_service_that_stays(described) -> None:
    without = [name for name, service in described.items() if "healthcheck" not in service]
    disabled = [name for name, service in described.items() if "disable" in service["healthcheck"]]

    assert without == []
    # It ends, and the others wait for that.
    assert disabled == ["migrate"]


def test_redis_keeps_what_it_was_told_and_drops_nothing(described) -> None:
    command = " ".join(described["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_workers_are_told_what_make_run_tells_them(described, tmp_path) -> None:
    programs = services.Programs(logs=tmp_path, environment={})
    [ours] = programs.workers(1, drain_seconds=30)
    command = ours.command()
    told = command[command.index("celery") :]

    assert [word.replace("worker1@", "worker@") for word in told] == (
        described["worker"]["command"][2:]
    )


def test_a_server_of_another_database_can_be_named() -> None:
    url = "postgresql://elsewhere/db"

    environment = compose.read(SECRETS | {"DATABASE_URL": url})["services"]["api"]["environment"]

    assert environment["DATABASE_URL"] == url
