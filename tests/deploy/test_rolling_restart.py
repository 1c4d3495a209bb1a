"""Every process is restarted in turn while members go on; `make rolling` measures it at length."""

import pytest
from support.deploy.rolling import roll


@pytest.mark.timeout(240)  # a busy machine takes its time
async def test_nobody_notices_a_rolling_restart(deployed) -> None:
    # Slowly: members, Caddy and all processes share one machine with other tests.
    deployed.model(tokens=20, tokens_per_second=5)

    seen = await roll(deployed, people=50, rest_seconds=0.2)

    assert seen["errors"] == []
    assert seen["complaints"] == []
    assert seen["completed"] == seen["accepted"] > 50
    assert seen["rescued"] == 0
    assert set(seen["restart_seconds"]) == {replica.name for replica in deployed.all_replicas}
    assert seen["sockets_lost"] >= 50
    # Three attempts with the pauses of docs/protocol.md (0.5, 1 and 2 s, and chance), on a machine
    # that is busy.
    assert seen["socket_back_seconds"]["max"] < 10
