"""The shapes of requests and answers around signing in at a provider."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.serializers import EmailField, TokenPairSerializer
from api.serializers import StrictSerializer, TextField

from . import addresses, proofkeys


class ProviderSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Stands in `auth/{provider}/start`.")
    name = serializers.CharField(help_text="For people.")


class StartQuery(serializers.Serializer[Any]):
    challenge = TextField(
        validators=[
            RegexValidator(rf"\A{proofkeys.CHALLENGE.pattern}\Z", "Give an S256 challenge.")
        ],
        help_text="The SHA-256 of your verifier in base64url without padding (RFC 7636, S256).",
    )
    next = TextField(
        required=False,
        allow_blank=True,
        default="/",
        max_length=addresses.NEXT_MAX_CHARS,
        help_text="A path inside the client; the exchange gives it back.",
    )
    client = TextField(
        required=False,
        allow_blank=True,
        default="",
        max_length=addresses.CLIENT_MAX_CHARS,
        help_text=(
            "The address of the client's main page, at one of FRONTEND_ORIGINS; without it the"
            " origin of `Referer`, if it is one of those, else this server."
        ),
    )


class ExchangeSerializer(StrictSerializer):
    code = TextField(max_length=200)
    verifier = TextField(
        validators=[RegexValidator(rf"\A{proofkeys.VERIFIER.pattern}\Z", "Give a verifier.")],
        help_text="43 to 128 letters, digits, `-`, `.`, `_` and `~` (RFC 7636).",
    )
    email = EmailField(required=False, help_text="After `email_required`, with the same code.")


class ExchangedSerializer(TokenPairSerializer):
    next = serializers.CharField(help_text="As it was given to the start.")
