"""Signatures, as the specification's reference implementation verifies them."""

import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from workers.outbox.webhooks import signing


def test_the_example_of_the_reference_implementation_comes_out_the_same():
    """From its own tests, so that the two do not only agree with each other here."""
    made = signing.headers(
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    "body", [b"{}", '{"text":"가"}'.encode(), b'{"a": "' + b"x" * 10**6 + b'"}']
)
def test_what_is_signed_is_verified_and_what_was_changed_is_not(body):
    secret = signing.new_secret()
    made = signing.headers(secret=secret, message_id="m", timestamp=int(time.time()), body=body)

    Webhook(secret).verify(body, made)

    for wrong in (
        {"webhook-id": "n"},
        {"webhook-timestamp": str(int(time.time()) - 1)},
        {"webhook-signature": "v1,AAAA"},
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, made | wrong)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", made)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(body, made)
