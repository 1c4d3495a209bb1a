"""`/v1/…`: each view parses, makes one domain call, renders, all of it in OpenAI's shapes."""

from typing import Any, cast

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.credentials.authentication import proof_of
from accounts.models import Member
from api import threads
from api.text import storable
from api.views import AsyncView
from chat.conversations import available_models
from chat.live.sse import EventStream
from chat.models import OfferedModel, Reply
from chat.replies import cancellation
from chat.resources import queries
from chat.rest import parameters
from chat.rest.rate_limit_headers import LimitedView
from chat.states import ReplyStatus

from . import errors, ids, openapi_schema
from .errors import Unanswered
from .requests import asking, fields, parsed_request
from .requests.parsed_request import Order
from .responses import completions, responses, streaming, waiting
from .responses.chunks import ChunkTeller
from .responses.response_events import EventTeller


class SurfaceView(AsyncView):
    """Errors in OpenAI's shape: the problem of config/http/problems.py, told otherwise."""

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

    def handle_exception(self, error: Exception) -> Response:
        self.database_away = isinstance(error, threads.DATABASE_UNAVAILABLE)
        self.quota = None  # a reply that failed has given its slot back
        return super().handle_exception(error)

    async def ask(self, request: Request, order: Order) -> Reply:
        if order.stream or not order.background:
            waiting.refuse_without_room(proof_of(request))
        idempotency = parameters.idempotency(request)
        reply = await threads.run(
            asking.ask, member=member_of(request), order=order, idempotency=idempotency
        )
        self.stored = True
        if reply.announced and (order.stream or order.background):  # else its end has a say
            self.quota = reply.announced.quota
        return reply


class ModelsView(SurfaceView):
    @extend_schema(operation_id="list_openai_models", responses={200: openapi_schema.ModelList})
    async def get(self, request: Request) -> Response:
        """The models that may be asked, in OpenAI's form."""
        return Response({"object": "list", "data": await threads.run(_models)})


class ModelView(SurfaceView):
    @extend_schema(operation_id="get_openai_model", responses={200: openapi_schema.Model})
    async def get(self, request: Request, model: str) -> Response:
        """One of the models, in OpenAI's form."""
        listed = {entry["id"]: entry for entry in await threads.run(_models)}
        if model not in listed:
            raise errors.ModelNotOffered()
        return Response(listed[model])


class CompletionsView(AskingView):
    @extend_schema(
        operation_id="create_completion",
        request=openapi_schema.CompletionInput,
        parameters=[parameters.IDEMPOTENCY, *parameters.RATE_LIMIT],
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
        order, proof = parsed_request.of_completion(request.data), proof_of(request)
        reply = await self.ask(request, order)
        if order.stream:
            teller = ChunkTeller(reply, usage=order.include_usage)
            return EventStream(await streaming.begun(proof=proof, reply=reply, teller=teller))
        ended = await waiting.until_ended(proof=proof, reply=reply)
        if ended.status != ReplyStatus.COMPLETED:
            raise Unanswered.of(ended)
        return Response(completions.whole(ended))


class ResponsesView(AskingView):
    @extend_schema(
        operation_id="create_response",
        request=openapi_schema.ResponseInput,
        parameters=[parameters.IDEMPOTENCY, *parameters.RATE_LIMIT],
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
        order, proof = parsed_request.of_response(request.data), proof_of(request)
        reply = await self.ask(request, order)
        asked = await threads.run(queries.one, member=proof.member, reply_id=reply.id)
        if order.stream:
            teller = EventTeller(asked)
            return EventStream(await streaming.begun(proof=proof, reply=reply, teller=teller))
        if order.background:
            return Response(responses.rendered(asked))
        return Response(responses.rendered(await waiting.until_ended(proof=proof, reply=reply)))


class ResponseView(SurfaceView):
    @extend_schema(operation_id="get_response", responses={200: openapi_schema.Response})
    async def get(self, request: Request, response_id: str) -> Response:
        """A response as it is now."""
        for name, value in request.query_params.items():
            if (name, value) != ("stream", "false"):
                raise fields.unsupported(storable(name))
        return Response(responses.rendered(await _response(request, response_id)))


class CancelView(SurfaceView):
    """Waits for the worker."""

    @extend_schema(
        operation_id="cancel_response", request=None, responses={200: openapi_schema.Response}
    )
    async def post(self, request: Request, response_id: str) -> Response:
        """Stop a response; the text so far is kept. One that has ended is returned as it is."""
        reply = await _response(request, response_id)
        await cancellation.cancel(member=member_of(request), reply_id=reply.id)
        return Response(responses.rendered(await _response(request, response_id)))


def member_of(request: Request) -> Member:
    return cast(Member, request.user)


async def _response(request: Request, response_id: str) -> Reply:
    """Raises Reply.DoesNotExist, also for another member's, and for one that is no response."""
    reply_id = ids.reply_id(response_id)
    if reply_id is None:
        raise Reply.DoesNotExist()
    reply = await threads.run(queries.one, member=member_of(request), reply_id=reply_id)
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
