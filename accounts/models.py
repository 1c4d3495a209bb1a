"""Who you are: members, the sessions they opened, and what is handed out to prove it."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from api.ids import uuid7


class MemberManager(BaseUserManager["Member"]):
    def with_email(self, email: str | None) -> models.QuerySet["Member"]:
        """Ignoring case by the rule, and the index, of `email_is_unique_ignoring_case`."""
        # Not `iexact`: it compares upper-case forms, which fold more letters together.
        folded = Lower(models.Value(email, output_field=models.TextField()))
        return self.alias(folded=Lower("email")).filter(folded=folded)

    def get_by_natural_key(self, username: str | None) -> "Member":
        return self.with_email(username).get()

    def create_user(self, *, email: str, password: str, **fields: object) -> "Member":
        member = self.model(email=email, **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def create_superuser(self, *, email: str, password: str, **fields: object) -> "Member":
        return self.create_user(
            email=email, password=password, is_staff=True, is_superuser=True, **fields
        )


class Member(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    email_verified_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody last proved that the address is theirs."
    )
    nickname = models.CharField(max_length=50)
    born_year = models.PositiveSmallIntegerField(null=True, blank=True)
    job = models.CharField(max_length=100, null=True, blank=True)
    daily_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Overrides CHAT_DAILY_LIMIT for this member."
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[MemberManager] = MemberManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["nickname"]

    class Meta:
        constraints = [
            # Also serves the login's look-up by e-mail.
            models.UniqueConstraint(Lower("email"), name="email_is_unique_ignoring_case"),
        ]

    def __str__(self) -> str:
        return self.email


class Session(models.Model):
    """A token family: what one sign-in opened. Its id travels as `sid` in every token it gave."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="sessions")
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    refreshed_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class ApiKey(models.Model):
    """A member's key for programs; only its SHA-256 is kept. Revoking deletes the row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=100)
    # Also serves the look-up on every request that shows a key.
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class SpentRefreshToken(models.Model):
    """A refresh token that was exchanged. The primary key makes the exchange happen once."""

    jti = models.CharField(primary_key=True, max_length=64)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="spent_tokens")
    spent_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.jti


class SocketTicket(models.Model):
    """A short-lived, single-use pass for one WebSocket; only its hash is kept.

    It lives in the database and not in Redis, so that a socket can be opened while Redis is away.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, null=True, related_name="tickets"
    )
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, null=True, related_name="tickets")
    authenticated_until = models.DateTimeField()
    # Serves the clean-up of tickets that nobody used.
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(session__isnull=False, key=None)
                | models.Q(session=None, key__isnull=False),
                name="a_ticket_is_of_a_session_or_of_a_key",
            ),
        ]

    def __str__(self) -> str:
        return self.digest[:8]


class OAuthFlow(models.Model):
    """A browser that was sent to a provider and is not back yet; good for one return.

    Which one it is, only the hash of its `state` tells. In the database and not in Redis, so that
    one can sign in while Redis is away.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    provider = models.CharField(max_length=30)
    client = models.TextField(help_text="The client's base address; a path: of this server.")
    next = models.TextField()
    challenge = models.CharField(max_length=43, help_text="The client's.")
    verifier = models.CharField(max_length=128, help_text="Ours, towards the provider.")
    nonce = models.CharField(max_length=43)
    browser = models.CharField(max_length=64, help_text="The hash of its cookie.")
    # Serves the clean-up of those that never came back.
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]


class OAuthCode(models.Model):
    """Somebody whom a provider named, until the client asks for them; only the code's hash is kept.

    `identity` is what accounts.oauth.identities.Identity holds. Nothing is done with it before the
    client has shown the verifier.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    identity = models.JSONField()
    next = models.TextField()
    challenge = models.CharField(max_length=43)
    # Serves the clean-up of those that nobody asked for.
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]


class MailKind(models.TextChoices):
    EMAIL_VERIFICATION = "email_verification"  # to prove the address that the account has
    ACCOUNT_EXISTS = "account_exists"  # to somebody who tried to take an address that has one
    EMAIL_CHANGE = "email_change"  # to prove the address that the account shall have
    EMAIL_CHANGED = "email_changed"  # tells the former address
    PASSWORD_RESET = "password_reset"
    PASSWORD_CHANGED = "password_changed"


class Mail(models.Model):
    """A mail that has yet to go out; workers send it and delete the row.

    It says what to write and not the text, so no link is ever stored; and only when it is sent is
    looked who has the address, so asking for a mail costs the same whether or not somebody has.
    """

    # Also the Message-ID, by which a mail that went out twice is known as one.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    email = models.CharField(max_length=254)
    member = models.ForeignKey(
        Member,
        on_delete=models.CASCADE,
        null=True,
        related_name="mails",
        help_text="Whose address shall change.",
    )
    language = models.CharField(max_length=2)
    client = models.TextField(help_text="The client's base address, to which links lead.")
    # Grows with each claim, and fences what is written after it.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Serves the workers' look for what is to be sent.
    due_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
