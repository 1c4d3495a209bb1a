"""The OpenAPI schema: valid, complete, and in words of its own."""

import re

import openapi_spec_validator
from django.core.management import call_command
from django.urls import get_resolver
from rest_framework.test import APIClient
from rest_framework.views import APIView

from config.http.home import HomeView

PROBES = {"/healthz", "/readyz"}
NOT_IN_THE_SCHEMA = {"/api/schema", "/api/docs", "/metrics"}


def urls(patterns=None, prefix="/"):
    """Every path of the URL table in the form of OpenAPI, with its view's class."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if str(pattern.pattern) == "admin/":
            continue  # pages for people, which are Django's
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from urls(pattern.url_patterns, path)
        else:
            callback = pattern.callback
            view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
            if view is not HomeView:
                yield path, view


def operations(schema):
    return [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_schema_is_valid_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")

    openapi_spec_validator.validate(schema)


def test_the_schema_is_made_without_a_warning(tmp_path):
    call_command("spectacular", fail_on_warn=True, validate=True, file=tmp_path / "schema.yml")


def test_every_address_of_the_api_is_in_the_schema(schema):
    assert set(schema["paths"]) == {path for path, _ in urls()} - NOT_IN_THE_SCHEMA


def test_every_view_of_the_api_is_a_class_of_django_rest_framework():
    views = {path: view for path, view in urls() if path.startswith("/api/") or path in PROBES}

    assert len(views) > 15
    for path, view in views.items():
        assert view is not None, path
        assert issubclass(view, APIView), path


def test_every_method_of_a_view_is_in_the_schema(schema):
    for path, view in urls():
        if path not in NOT_IN_THE_SCHEMA:
            methods = {name for name in view.http_method_names if hasattr(view, name)}
            assert set(schema["paths"][path]) == methods - {"options", "head", "trace"}, path


def test_every_operation_says_what_it_does_in_its_own_words(schema):
    summaries = [operation.get("summary", "") for _, _, operation in operations(schema)]

    assert all(summary.endswith(".") for summary in summaries), summaries
    assert len(set(summaries)) == len(summaries)
    for _, _, operation in operations(schema):
        assert not operation.get("description", "").startswith(operation["summary"])


def test_what_a_class_says_of_the_code_is_told_nobody(schema):
    told = "\n".join(operation.get("description", "") for _, _, operation in operations(schema))

    for path, view in urls():
        for base in view.__mro__:
            if path not in NOT_IN_THE_SCHEMA and base.__module__.split(".")[0] in OURS:
                assert not base.__doc__ or base.__doc__ not in told


OURS = {"accounts", "api", "chat", "config", "workers"}


def test_operation_ids_are_unique_words(schema):
    ids = [operation["operationId"] for _, _, operation in operations(schema)]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in ids)


def test_only_what_needs_no_token_is_open(schema):
    open_to_all = {
        operation["operationId"]
        for _, _, operation in operations(schema)
        if operation["security"] == [{}]
    }

    assert open_to_all == {
        "sign_up",
        "log_in",
        "refresh_tokens",
        "request_password_reset",
        "reset_password",
        "request_email_verification",
        "confirm_email",
        "list_providers",
        "start_oauth",
        "finish_oauth",
        "exchange_code",
        "get_shared_conversation",
        "is_alive",
        "is_ready",
    }


def test_the_schema_is_served():
    answer = APIClient().get("/api/schema")

    assert answer.status_code == 200
    assert b"openapi: 3.1" in answer.content


def test_the_codes_of_a_reply_s_error_are_named(schema):
    codes = schema["components"]["schemas"]["Error"]["properties"]["code"]["enum"]

    assert {"model_rate_limited", "crash_loop", "cancelled", "internal_error"} <= set(codes)
