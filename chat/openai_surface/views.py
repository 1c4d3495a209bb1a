"""`/v1/…`: each view parses, makes one domain call, renders, all of it in OpenAI's shapes."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.credentials.authentication import credential_of, member_of
from api import threads
from api.errors import FieldError
from api.problems import (
    BODY,
    DATABASE_AWAY,
    MALFORMED,
    NOT_SIGNED_IN,
    Problem,
    answers,
    missing,
    problem,
)
from api.text import storable
from api.views import AsyncView
from chat.conversations import available_models
from chat.limits.daily_limit import DailyLimitReached
from chat.live.sse import EventStream, TooManyStreams
from chat.models import OfferedModel, Reply
from chat.replies import cancellation
from chat.replies.accept import KeyReused, QueueFull, ReplyInProgress
from chat.resources import queries
from chat.rest import openapi_parameters, request_headers
from chat.rest.rate_limit_headers import LimitedView
from chat.states import ReplyStatus

from . import errors, ids, openapi_schema
from .errors import Unanswered
from .requests import asking, fields, parsed_request
from .requests.parsed_request import ParsedRequest
from .responses import completions, responses, streaming, waiting
from .responses.chunks import ChunkTeller
from .responses.response_events import EventTeller


class SurfaceView(AsyncView):
    """Errors in OpenAI's shape: the problem of config/http/problems.py, told otherwise."""

    problems: tuple[Problem, ...] = (
        problem("No key or token, or none that counts", *NOT_SIGNED_IN.errors),
        problem("Try again in a moment", *DATABASE_AWAY.errors),
    )
    stored = False  # what was asked, and so it must not be asked again

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, Unanswered):
            answer = Response(error.body, status=error.status)
        else:
            answer = super().handle_exception(error)
            answer.data = errors.of_problem(answer.data, getattr(error, "param", None))
            answer.content_type = errors.CONTENT_TYPE
        for name, value in errors.headers(answer.status_code, stored=self.stored).items():
            answer[name] = value
        return answer


class AskingView(SurfaceView, LimitedView):
    """Every accept and every refusal says how much of the daily limit is left."""

    problems = (
        problem("Wrong or not supported; `param` says what", *MALFORMED.errors),
        problem("No key or token, or none that counts", *NOT_SIGNED_IN.errors),
        problem("A model that is not offered", errors.ModelNotOffered),
        problem("The previous response is open, or the reply was cancelled", ReplyInProgress),
        *BODY,
        problem("The Idempotency-Key was used for something else", KeyReused),
        problem(
            "The daily limit is reached, or the model's own", DailyLimitReached, TooManyStreams
        ),
        problem("The model failed", Unanswered, status=502),
        problem("Try again in a moment", *DATABASE_AWAY.errors, QueueFull),
    )

    def handle_exception(self, error: Exception) -> Response:
        self.database_away = isinstance(error, threads.DATABASE_UNAVAILABLE)
        self.quota = None  # a reply that failed has given its slot back
        return super().handle_exception(error)

    async def ask(self, request: Request, parsed: ParsedRequest) -> Reply:
        if parsed.stream or not parsed.background:
            waiting.refuse_without_room(credential_of(request))
        idempotency = request_headers.idempotency(request)
        accepted = await threads.run(
            asking.ask, member=member_of(request), parsed=parsed, idempotency=idempotency
        )
        self.stored = True
        if parsed.stream or parsed.background:  # else its end has a say
            self.quota = accepted.quota
        return accepted.reply


class ModelsView(SurfaceView):
    @extend_schema(operation_id="list_openai_models", responses={200: openapi_schema.ModelList})
    async def get(self, request: Request) -> Response:
        """The models that may be asked, in OpenAI's form."""
        return Response({"object": "list", "data": await threads.run(_models)})


class ModelView(SurfaceView):
    @answers(problem("Not there, or not yours", errors.ModelNotOffered))
    @extend_schema(operation_id="get_openai_model", responses={200: openapi_schema.Model})
    async def get(self, request: Request, model: str) -> Response:
        """One of the models, in OpenAI's form."""
        listed = {entry["id"]: entry for entry in await threads.run(_models)}
        if model not in listed:
            raise errors.ModelNotOffered()
        return Response(listed[model])


class CompletionsView(AskingView):
    @answers(
        problem("The answer could not be made", Unanswered, status=500),
        problem("The model did not answer in time", Unanswered, status=504),
    )
    @extend_schema(
        operation_id="create_completion",
        request=openapi_schema.CompletionInput,
        parameters=[openapi_parameters.IDEMPOTENCY, *openapi_parameters.RATE_LIMIT],
        responses={
            (200, "application/json"): openapi_schema.Completion,
            (200, "text/event-stream"): OpenApiTypes.STR,
        },
    )
    async def post(self, request: Request) -> Response | StreamingHttpResponse:
        """Ask as OpenAI's chat completions do, in a new conversation.

        The answer comes when it is whole or, with `stream`, as it is made. The reply does not
        depend on whoever waits for it: a client that leaves finds the answer in the history.
        docs/openai.md says which of OpenAI's parameters there are.
        """
        parsed, credential = parsed_request.of_completion(request.data), credential_of(request)
        reply = await self.ask(request, parsed)
        if parsed.stream:
            teller = ChunkTeller(reply, usage=parsed.include_usage)
            return EventStream(
                await streaming.begun(credential=credential, reply=reply, teller=teller)
            )
        ended = await waiting.until_ended(credential=credential, reply=reply)
        if ended.status != ReplyStatus.COMPLETED:
            raise Unanswered.of(ended)
        return Response(completions.whole(ended))


class ResponsesView(AskingView):
    @extend_schema(
        operation_id="create_response",
        request=openapi_schema.ResponseInput,
        parameters=[openapi_parameters.IDEMPOTENCY, *openapi_parameters.RATE_LIMIT],
        responses={
            (200, "application/json"): openapi_schema.Response,
            (200, "text/event-stream"): OpenApiTypes.STR,
        },
    )
    async def post(self, request: Request) -> Response | StreamingHttpResponse:
        """Ask as OpenAI's responses do, in a new conversation or after `previous_response_id`.

        With `background` it returns at once, with `stream` the events come as the answer is made,
        else it returns at the end. The response can be read and cancelled by its id.
        """
        parsed, credential = parsed_request.of_response(request.data), credential_of(request)
        reply = await self.ask(request, parsed)
        asked = await threads.run(queries.get_reply, member=credential.member, reply_id=reply.id)
        if parsed.stream:
            teller = EventTeller(asked)
            return EventStream(
                await streaming.begun(credential=credential, reply=reply, teller=teller)
            )
        if parsed.background:
            return Response(responses.rendered(asked))
        return Response(
            responses.rendered(await waiting.until_ended(credential=credential, reply=reply))
        )


class ResponseView(SurfaceView):
    @answers(missing(Reply), problem("Wrong or not supported; `param` says what", FieldError))
    @extend_schema(operation_id="get_response", responses={200: openapi_schema.Response})
    async def get(self, request: Request, response_id: str) -> Response:
        """A response as it is now."""
        for name, value in request.query_params.items():
            if (name, value) != ("stream", "false"):
                raise fields.unsupported(storable(name))
        return Response(responses.rendered(await _response(request, response_id)))


class CancelView(SurfaceView):
    """Waits for the worker."""

    @answers(missing(Reply))
    @extend_schema(
        operation_id="cancel_response", request=None, responses={200: openapi_schema.Response}
    )
    async def post(self, request: Request, response_id: str) -> Response:
        """Stop a response; the text so far is kept. One that has ended is returned as it is."""
        reply = await _response(request, response_id)
        await cancellation.cancel(member=member_of(request), reply_id=reply.id)
        return Response(responses.rendered(await _response(request, response_id)))


async def _response(request: Request, response_id: str) -> Reply:
    """Raises Reply.DoesNotExist, also for another member's, and for one that is no response."""
    reply_id = ids.reply_id(response_id)
    if reply_id is None:
        raise Reply.DoesNotExist()
    reply = await threads.run(queries.get_reply, member=member_of(request), reply_id=reply_id)
    if not responses.is_one(reply):
        raise Reply.DoesNotExist()
    return reply


def _models() -> list[dict[str, Any]]:
    """`created` is when a worker last saw the model offered; 0 for one that the settings name."""
    seen = dict(OfferedModel.objects.values_list("name", "seen_at"))
    return [
        {
            "id": name,
            "object": "model",
            "created": int(seen[name].timestamp()) if name in seen else 0,
            "owned_by": "malgil",
        }
        for name in available_models.models()
    ]
