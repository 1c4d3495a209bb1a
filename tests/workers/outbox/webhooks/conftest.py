"""Receivers on this machine, which webhooks may reach here, a sender, and short timings."""

import asyncio
from ipaddress import ip_network

import pytest
from support.webhooks.receiver import Receiver

from workers.outbox.webhooks.sending import Sender


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    settings.WEBHOOK_RETRY_SECONDS = [0.05, 0.05, 0.05]
    settings.WEBHOOK_TIMEOUT_SECONDS = 2.0


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


@pytest.fixture
def another_receiver():
    with Receiver() as listening:
        yield listening


@pytest.fixture
async def sender():
    sender = Sender()
    yield sender
    async with asyncio.timeout(10):
        await sender.close()
