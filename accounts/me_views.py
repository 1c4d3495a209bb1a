"""`/api/v1/me…`: a member's profile, password, address, sessions and API keys."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PAGE, Keyset, page_of
from api.problems import BODY, answers, missing, problem

from . import members
from .credentials import keys, sessions
from .credentials.authentication import credential_of, member_of
from .credentials.keys import KeyLimitReached
from .mails import readers
from .members import PasswordWrong
from .models import ApiKey, Session
from .serializers import (
    DepartureSerializer,
    EmailChange,
    KeyInput,
    KeySerializer,
    MailedSerializer,
    MemberSerializer,
    NewKeySerializer,
    PasswordChange,
    ProfileFields,
    SessionSerializer,
)
from .throttling import limits
from .throttling.limits import TooManyAttempts
from .views import KEY_NOT_ALLOWED, NOT_COUNTED, AccountView, mailed

# UUIDv7 ids sort by when they were made.
_SESSIONS: Keyset[Session] = Keyset({"id": UUID})
_KEYS: Keyset[ApiKey] = Keyset({"id": UUID})
# Of whoever is signed in, and proves the password once more.
_PASSWORD_ASKED = (
    problem("Bad request", PasswordWrong),
    problem("Too many wrong passwords; `Retry-After` says when to come again", TooManyAttempts),
    NOT_COUNTED,
)


class MeView(AccountView):
    @extend_schema(operation_id="get_me", responses={200: MemberSerializer})
    def get(self, request: Request) -> Response:
        """Who you are."""
        return Response(MemberSerializer(member_of(request)).data)

    @answers(KEY_NOT_ALLOWED)
    @extend_schema(
        operation_id="change_me",
        request=ProfileFields(partial=True),
        responses={200: MemberSerializer},
    )
    def patch(self, request: Request) -> Response:
        """Change your nickname, birth year or job."""
        body = ProfileFields(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        member = members.change_profile(member=member_of(request), fields=body.validated_data)
        return Response(MemberSerializer(member).data)

    @answers(KEY_NOT_ALLOWED, *_PASSWORD_ASKED, *BODY)
    @extend_schema(operation_id="delete_me", request=DepartureSerializer, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Delete your account with all conversations, at once and for good.

        The password is asked for again. Every session ends; running replies are stopped.
        """
        body = DepartureSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        member = member_of(request)
        with limits.password_attempt(request._request, email=member.email):
            members.remove(member=member, **body.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordView(AccountView):
    @answers(KEY_NOT_ALLOWED, *_PASSWORD_ASKED)
    @extend_schema(operation_id="change_password", request=PasswordChange, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change your password; all other sessions end."""
        body = PasswordChange(data=request.data)
        body.is_valid(raise_exception=True)
        session = credential_of(request).session
        with limits.password_attempt(request._request, email=session.member.email):
            members.change_password(
                session=session, **body.validated_data, reader=readers.of(request)
            )
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailView(AccountView):
    @answers(KEY_NOT_ALLOWED, *_PASSWORD_ASKED)
    @extend_schema(
        operation_id="change_email", request=EmailChange, responses={202: MailedSerializer}
    )
    def post(self, request: Request) -> Response:
        """Have a mail sent to a new address; it is yours once its link was opened.

        Until then the old one stays. That another member has it is told by mail only.
        """
        body = EmailChange(data=request.data)
        body.is_valid(raise_exception=True)
        member = member_of(request)
        with limits.password_attempt(request._request, email=member.email):
            members.request_email(member=member, **body.validated_data, reader=readers.of(request))
        return mailed()


class SessionsView(AccountView):
    @extend_schema(
        operation_id="list_sessions",
        parameters=PAGE,
        responses={200: page_of(SessionSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Where you are signed in, latest sign-in first."""
        context = {"current": credential_of(request).id}
        page = _SESSIONS.page(
            queryset=sessions.live(member_of(request)),
            request=request,
            render=lambda rows: list(
                SessionSerializer(list(rows), many=True, context=context).data
            ),
        )
        return Response(page)


class SessionView(AccountView):
    @answers(KEY_NOT_ALLOWED, missing(Session))
    @extend_schema(operation_id="end_session", responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Sign out there; its tokens are refused from now on, and its sockets close."""
        sessions.revoke_one(member=member_of(request), session_id=session_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class KeysView(AccountView):
    @extend_schema(
        operation_id="list_keys", parameters=PAGE, responses={200: page_of(KeySerializer)}
    )
    def get(self, request: Request) -> Response:
        """Your API keys, newest first; the keys themselves are not shown again."""
        page = _KEYS.page(
            queryset=keys.of(member_of(request)),
            request=request,
            render=lambda rows: list(KeySerializer(list(rows), many=True).data),
        )
        return Response(page)

    @answers(KEY_NOT_ALLOWED, problem("There are as many as there may be", KeyLimitReached))
    @extend_schema(operation_id="create_key", request=KeyInput, responses={201: NewKeySerializer})
    def post(self, request: Request) -> Response:
        """Make an API key, which is shown this once.

        It is accepted as a Bearer token wherever an access token is, but changes neither the
        password nor keys, sessions or the account.
        """
        body = KeyInput(data=request.data)
        body.is_valid(raise_exception=True)
        made = keys.create(member=member_of(request), **body.validated_data)
        answer = {**KeySerializer(made.row).data, "key": made.text}
        return Response(NewKeySerializer(answer).data, status=status.HTTP_201_CREATED)


class KeyView(AccountView):
    @answers(KEY_NOT_ALLOWED, missing(ApiKey))
    @extend_schema(operation_id="revoke_key", responses={204: None})
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke an API key; it is refused from now on, and its sockets close."""
        keys.revoke(member=member_of(request), key_id=key_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
