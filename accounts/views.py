"""`/api/v1/auth/…`: each view parses, makes one call, renders."""

from typing import ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.problems import answers, problem

from . import members, recovery
from .credentials import sessions, tickets
from .credentials.authentication import SessionToChange, credential_of
from .credentials.keys import KeyNotAllowed
from .credentials.sessions import EmailNotVerified, TokenReused, TokenRotated
from .credentials.tokens import TokenInvalid
from .links import LinkInvalid
from .mails import readers
from .members import CredentialsInvalid, EmailTaken
from .serializers import (
    EmailInput,
    LinkInput,
    LoginSerializer,
    MailedSerializer,
    NewPassword,
    RefreshSerializer,
    SignedUpSerializer,
    SignupSerializer,
    TicketSerializer,
    TokenPairSerializer,
)
from .throttling import limits
from .throttling.limits import RateLimit, ThrottlesUnavailable, TooManyAttempts

NOT_COUNTED = problem("The database, or what counts attempts, is away", ThrottlesUnavailable)
KEY_NOT_ALLOWED = problem("An API key cannot do that", KeyNotAllowed)


class PublicView(APIView):
    """For those who cannot have a token yet; one that is sent along is not looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    rate_limit: ClassVar[RateLimit] = limits.SHOWING_A_TOKEN
    problems = (
        problem("Too many attempts; `Retry-After` says when to come again", TooManyAttempts),
        NOT_COUNTED,
    )

    def check_throttles(self, request: Request) -> None:
        """Before the body is read: a refusal costs one question to Redis."""
        self.rate_limit.enter(request._request)


class AccountView(APIView):
    """What an API key may look at, and only a session may change."""

    permission_classes = (IsAuthenticated, SessionToChange)


class SignupView(PublicView):
    rate_limit = limits.SIGNING_UP

    @answers(problem("Bad request", EmailTaken))
    @extend_schema(
        operation_id="sign_up",
        request=SignupSerializer,
        responses={201: SignedUpSerializer, 202: MailedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Become a member, signed in.

        202 without tokens where the address has to be confirmed by mail first; that it is taken is
        then told by mail only.
        """
        body = SignupSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = body.validated_data | {"reader": readers.of(request)}
        if settings.EMAIL_VERIFICATION_REQUIRED:
            members.sign_up_silently(**fields)
            return mailed()
        member = members.sign_up(**fields)
        pair = sessions.open_session(member=member, user_agent=_user_agent(request))
        answer = {"member": member, "access": pair.access, "refresh": pair.refresh}
        return Response(SignedUpSerializer(answer).data, status=status.HTTP_201_CREATED)


class LoginView(PublicView):
    @answers(
        problem(
            "Not the right password, or a token that does not count any more", CredentialsInvalid
        ),
        problem("The address has to be confirmed first", EmailNotVerified),
    )
    @extend_schema(
        operation_id="log_in", request=LoginSerializer, responses={200: TokenPairSerializer}
    )
    def post(self, request: Request) -> Response:
        """Sign in: opens a session and gives its first pair of tokens.

        403 `email_not_verified`, to the right password only, where the address has to be confirmed
        by mail first.
        """
        body = LoginSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with limits.password_attempt(request._request, email=body.validated_data["email"]):
            member = members.authenticate(**body.validated_data)
            pair = sessions.open_session(member=member, user_agent=_user_agent(request))
        return Response(TokenPairSerializer(pair).data)


class RefreshView(PublicView):
    @answers(
        problem(
            "Not the right password, or a token that does not count any more",
            TokenInvalid,
            TokenRotated,
            TokenReused,
        )
    )
    @extend_schema(
        operation_id="refresh_tokens",
        request=RefreshSerializer,
        responses={200: TokenPairSerializer},
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, which is good once, for a new pair.

        A second use within 10 s is refused with `token_rotated`; a later one ends the session.
        """
        body = RefreshSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        pair = sessions.refresh(token=body.validated_data["refresh"])
        return Response(TokenPairSerializer(pair).data)


class PasswordResetView(PublicView):
    rate_limit = limits.ASKING_FOR_MAIL

    @extend_schema(
        operation_id="request_password_reset",
        request=EmailInput,
        responses={202: MailedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have a mail sent with a link to set a new password; it is good for an hour."""
        body = EmailInput(data=request.data)
        body.is_valid(raise_exception=True)
        recovery.request_reset(**body.validated_data, reader=readers.of(request))
        return mailed()


class PasswordResetConfirmView(PublicView):
    @answers(problem("Bad request", LinkInvalid))
    @extend_schema(operation_id="reset_password", request=NewPassword, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a new password by the link of a mail, which is good once; every session ends."""
        body = NewPassword(data=request.data)
        body.is_valid(raise_exception=True)
        member = recovery.reset_password(**body.validated_data, reader=readers.of(request))
        limits.remember_network(request._request, email=member.email)
        return Response(status=status.HTTP_204_NO_CONTENT)


class VerificationView(PublicView):
    rate_limit = limits.ASKING_FOR_MAIL

    @extend_schema(
        operation_id="request_email_verification",
        request=EmailInput,
        responses={202: MailedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have the mail sent again by which an address is confirmed."""
        body = EmailInput(data=request.data)
        body.is_valid(raise_exception=True)
        recovery.request_verification(**body.validated_data, reader=readers.of(request))
        return mailed()


class VerificationConfirmView(PublicView):
    @answers(problem("Bad request", LinkInvalid, EmailTaken))
    @extend_schema(operation_id="confirm_email", request=LinkInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Confirm an address by the link of a mail; a new one is the member's from now on."""
        body = LinkInput(data=request.data)
        body.is_valid(raise_exception=True)
        recovery.confirm_email(**body.validated_data, reader=readers.of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutView(AccountView):
    @answers(KEY_NOT_ALLOWED)
    @extend_schema(operation_id="log_out", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End this session; its tokens are refused from now on."""
        sessions.revoke(credential_of(request).session)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TicketView(APIView):
    @extend_schema(operation_id="create_ws_ticket", request=None, responses={201: TicketSerializer})
    def post(self, request: Request) -> Response:
        """A ticket that opens one WebSocket."""
        credential = credential_of(request)
        ticket = tickets.issue(session=credential.source, authenticated_until=credential.until)
        answer = {"ticket": ticket, "expires_in": int(tickets.LIFETIME.total_seconds())}
        return Response(TicketSerializer(answer).data, status=status.HTTP_201_CREATED)


def mailed() -> Response:
    detail = "If there is something to send to this address, a mail is on its way."
    return Response(MailedSerializer({"detail": detail}).data, status=status.HTTP_202_ACCEPTED)


def _user_agent(request: Request) -> str:
    return request.headers.get("User-Agent", "")
