"""Where the processes of one `make run` are asked what they have counted."""

from config.launcher import services

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
PORT = "WORKER_METRICS_PORT"


def started(tmp_path, *, metrics_port):
    programs = services.Programs(
        logs=tmp_path, counts=tmp_path / "metrics", environment={PORT: "0"}
    )
    return programs, programs.workers(2, drain_seconds=1, metrics_port=metrics_port)


def test_without_a_port_workers_count_where_servers_do(tmp_path):
    _, workers = started(tmp_path, metrics_port=0)

    for worker in workers:
        assert worker.environment == {PORT: "0", FOLDER: str(tmp_path / "metrics")}


def test_with_a_port_each_worker_has_the_next_one_and_counts_for_itself(tmp_path):
    _, workers = started(tmp_path, metrics_port=9100)

    assert [worker.environment for worker in workers] == [{PORT: "9100"}, {PORT: "9101"}]


def test_a_program_that_ends_counts_nothing(tmp_path):
    programs, _ = started(tmp_path, metrics_port=0)

    assert FOLDER not in programs.migrate().environment
