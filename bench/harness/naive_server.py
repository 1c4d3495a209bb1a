"""The same job done naively: a view that calls the model and waits for it. For bench/naive.py.

It knows no members, limits, live text or failures: what it costs is the least that a server pays
which holds a thread for each answer.
"""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam
from psycopg_pool import ConnectionPool

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="of-no-use",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # says how long an answer is
)

_INSERT = "INSERT INTO answers (prompt, answer) VALUES (%s, %s)"

model = OpenAI(base_url=os.environ["OPENAI_BASE_URL"], api_key="bench")
database = ConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=10, open=True)


def whole(request: HttpRequest) -> JsonResponse:
    prompt = request.body.decode()
    completion = model.chat.completions.create(model="malgil-demo", messages=_messages(prompt))
    return _stored(prompt, completion.choices[0].message.content or "")


def streamed(request: HttpRequest) -> JsonResponse:
    """Reads the answer as one must who means to show it while it comes."""
    prompt = request.body.decode()
    chunks = model.chat.completions.create(
        model="malgil-demo", messages=_messages(prompt), stream=True
    )
    parts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    return _stored(prompt, "".join(parts))


def _messages(prompt: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": prompt}]


def _stored(prompt: str, answer: str) -> JsonResponse:
    with database.connection() as connection:
        connection.execute(_INSERT, [prompt, answer])
    return JsonResponse({"answer": answer})


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


urlpatterns = [path("whole", whole), path("streamed", streamed), path("alive", alive)]
application = get_asgi_application()
