"""The shapes of requests and resources around accounts."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from api.serializers import StrictIntegerField, StrictSerializer, TextField

from .models import ApiKey, Member, Session

# Names travel into mail headers and log lines one day; a line break has no place in one.
one_line = RegexValidator(r"\A[^\r\n\t\v\f\x00-\x1f\x7f\u2028\u2029]*\Z", "Use a single line.")


class EmailField(TextField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)
        self.validators.append(serializers.EmailField().validators[-1])


class ProfileFields(StrictSerializer):
    nickname = TextField(max_length=50, validators=[one_line])
    born_year = StrictIntegerField(min_value=1900, max_value=2100, required=False, allow_null=True)
    job = TextField(max_length=100, required=False, allow_null=True, validators=[one_line])


class SignupSerializer(ProfileFields):
    email = EmailField()
    password = TextField(max_length=128)


class LoginSerializer(StrictSerializer):
    email = TextField(max_length=254)
    password = TextField(max_length=128)


class EmailInput(StrictSerializer):
    email = EmailField()


class EmailChange(EmailInput):
    password = TextField(max_length=128)


class LinkInput(StrictSerializer):
    token = TextField(max_length=2000, help_text="What stands behind the `#` of the link.")


class NewPassword(LinkInput):
    password = TextField(max_length=128)


class RefreshSerializer(StrictSerializer):
    refresh = TextField(max_length=4096)


class PasswordChange(StrictSerializer):
    current_password = TextField(max_length=128)
    new_password = TextField(max_length=128)


class DepartureSerializer(StrictSerializer):
    password = TextField(max_length=128)


class SessionSerializer(serializers.ModelSerializer[Session]):
    """Expects `current`, the id of the session that asks, in the context."""

    current = serializers.SerializerMethodField(help_text="The one that asks.")

    class Meta:
        model = Session
        fields = ["id", "user_agent", "created_at", "refreshed_at", "current"]

    def get_current(self, session: Session) -> bool:
        return bool(session.id == self.context["current"])


class KeyInput(StrictSerializer):
    name = TextField(max_length=100, validators=[one_line])


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    class Meta:
        model = ApiKey
        fields = ["id", "name", "created_at", "last_used_at"]


class NewKeySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    key = serializers.CharField(help_text="`mg_…`; shown this once.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class MemberSerializer(serializers.ModelSerializer[Member]):
    email_verified = serializers.SerializerMethodField(help_text="Proven to be the member's.")

    class Meta:
        model = Member
        fields = ["id", "email", "email_verified", "nickname", "born_year", "job", "created_at"]

    def get_email_verified(self, member: Member) -> bool:
        return member.email_verified_at is not None


class MailedSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="The same whether or not there is such a member.")


class TokenPairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class SignedUpSerializer(TokenPairSerializer):
    member = MemberSerializer()


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
