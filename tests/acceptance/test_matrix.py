"""The crash matrix: nothing accepted is lost, nothing is done twice.

`make test` runs each fault once, at its worst moment; `make matrix` runs every cell and writes
docs/reliability.md.
"""

import pytest
from report import record
from support.processes import matrix
from support.processes.faults import FAULTS, MOMENTS


def _cells():
    for fault in FAULTS:
        for moment in MOMENTS:
            marks = [] if moment == fault.worst else [pytest.mark.matrix]
            yield pytest.param(fault, moment, id=f"{fault.name}, {moment}", marks=marks)


@pytest.mark.parametrize(("fault", "moment"), list(_cells()))
async def test_every_accepted_reply_ends_once_and_as_it_was_seen(healthy, fault, moment, request):
    result = await matrix.run(healthy, fault, moment)

    record(request.config, result)
    assert result.model_calls >= result.replies
