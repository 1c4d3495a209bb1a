"""Private or undocumented parts of smaller libraries; none of them is used for speed."""

import inspect

import pytest
import redis.connection
import requests
from allauth.account.apps import AccountConfig
from django.http import HttpRequest
from drf_spectacular.openapi import AutoSchema
from prometheus_client.mmap_dict import MmapedDict
from rest_framework.request import Request
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.tokens import Token
from support.contract import require, require_parameters
from whitenoise.middleware import WhiteNoiseMiddleware


def test_whitenoise_finds_a_file_by_its_path_and_serves_it():
    breaks = "config/http/static_files.py answers with it without a thread for each request"
    require(WhiteNoiseMiddleware, "serve", breaks=breaks)
    require_parameters(WhiteNoiseMiddleware.serve, "static_file", "request", breaks=breaks)
    middleware = WhiteNoiseMiddleware(lambda request: None)
    require(middleware, "files", "get_response", breaks=breaks)
    assert isinstance(middleware.files, dict), breaks


def test_prometheus_keeps_counts_in_files_that_can_be_added_up(tmp_path):
    breaks = "api/metrics_folder.py adds the counts of dead processes up by it"
    methods = ("read_all_values_from_file", "read_value", "write_value", "close")
    require(MmapedDict, *methods, breaks=breaks)
    kept = MmapedDict(str(tmp_path / "counter_1.db"))
    kept.write_value("key", 2.0, 0.0)
    assert kept.read_value("key") == (2.0, 0.0), breaks
    kept.close()

    values = MmapedDict.read_all_values_from_file(str(tmp_path / "counter_1.db"))

    assert [(key, value) for key, value, *_ in values] == [("key", 2.0)], breaks


def test_rest_frameworks_request_holds_djangos():
    breaks = "accounts and chat/rest ask Django's request for language, address and cookies"
    request = HttpRequest()
    assert Request(request)._request is request, breaks


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("_get_response_bodies", ["direction"]),
        ("_get_request_body", ["direction"]),
        ("_get_response_for_code", ["serializer", "status_code", "media_types"]),
    ],
)
def test_spectacular_makes_an_operations_bodies_by_methods_of_its_own(name, parameters):
    breaks = "config/openapi/schema.py adds problems, and a DELETE's body, by it"
    require(AutoSchema, name, breaks=breaks)
    require_parameters(getattr(AutoSchema, name), *parameters, breaks=breaks)


def test_requests_keeps_a_body_that_was_read_where_content_finds_it():
    breaks = "accounts/oauth/bounded_http.py puts a bounded body there"
    response = requests.Response()
    assert response._content is False, breaks

    response._content = b"read"

    assert response.content == b"read", breaks


def test_simplejwts_tokens_are_signed_and_verified_by_a_backend_of_their_class():
    breaks = "accounts/credentials/signing.py rotates keys by it"
    require(TokenBackend, "encode", "get_verifying_key", breaks=breaks)
    require_parameters(TokenBackend.get_verifying_key, "token", breaks=breaks)
    require(Token, "_token_backend", "check_exp", breaks=breaks)
    assert "self.get_verifying_key(token)" in inspect.getsource(TokenBackend.decode), breaks


def test_allauths_account_app_prepares_only_its_pages():
    breaks = "accounts/oauth/apps.py leaves it out"
    require(AccountConfig, "ready", breaks=breaks)


def test_redis_urls_are_parsed_without_connecting():
    breaks = "config/env.py checks REDIS_URL by it"
    require(redis.connection, "parse_url", breaks=breaks)
    assert redis.connection.parse_url("redis://h:7/3")["port"] == 7, breaks
    with pytest.raises(ValueError, match=r"."):
        redis.connection.parse_url("http://h")
