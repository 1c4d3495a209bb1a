"""The table of what a model can be asked with agrees with the columns, and with all made of it."""

import pytest
from django.db import models
from support.talking import ask, begin, detail

from chat import model_parameters
from chat.conversations import available_models
from chat.exchange import wire_format
from chat.model_parameters import BOUNDED, IN_API, PARAMETERS, SENT, Kind, Setting
from chat.models import ChatConfig, Reply
from chat.openai_surface.requests import parameters, parsed_request

NOT_ASKED_WITH = {"id", "conversation", "created_at"}
COLUMNS = {field.name: field for field in ChatConfig._meta.fields}
CLASSES = {
    Kind.TEXT: (models.CharField, models.TextField),
    Kind.NUMBER: (models.FloatField,),
    Kind.INTEGER: (models.IntegerField,),
    Kind.FLAG: (models.BooleanField,),
}
OF_KIND = {Kind.TEXT: "abc", Kind.NUMBER: 0.5, Kind.INTEGER: 3, Kind.FLAG: False}


@pytest.fixture(autouse=True)
def _two_models(settings) -> None:
    settings.CHAT_MODELS, settings.CHAT_DEFAULT_MODEL = ["usual", "other"], "usual"


def named(parameter):
    return parameter.name


def value_of(parameter):
    """One that the table allows, and that is no default."""
    return "other" if parameter.name == "model" else OF_KIND[parameter.kind]


def test_each_column_of_a_config_is_a_parameter_and_each_parameter_a_column():
    assert set(model_parameters.NAMES) == set(COLUMNS) - NOT_ASKED_WITH
    assert len(set(model_parameters.NAMES)) == len(PARAMETERS)


@pytest.mark.parametrize("parameter", PARAMETERS, ids=named)
def test_a_column_holds_what_the_table_allows(parameter):
    column = COLUMNS[parameter.name]

    assert isinstance(column, CLASSES[parameter.kind])
    assert column.null == parameter.nullable
    if parameter.kind is Kind.TEXT and not isinstance(parameter.most, Setting):
        assert column.max_length is None or parameter.most in (None, column.max_length)


@pytest.mark.django_db
@pytest.mark.parametrize("parameter", IN_API, ids=named)
def test_what_a_member_sets_is_stored_shown_and_sent(parameter, api, redis):
    conversation = begin(api, intake=False)
    value = value_of(parameter)
    assert conversation["config"][parameter.name] != value

    reply = ask(api, conversation, message="Hello", config={parameter.name: value})

    row = Reply.objects.select_related("config").get(id=reply["id"])
    assert getattr(row.config, parameter.name) == value
    assert reply["config"] == conversation["config"] | {parameter.name: value}
    sent = wire_format.request_body(config=row.config, messages=[], dialect={})
    assert parameter.wire_name is None or sent[parameter.wire_name] == value


@pytest.mark.django_db
def test_a_shared_page_shows_what_the_table_shares(api, client_of, redis):
    config = {parameter.name: value_of(parameter) for parameter in IN_API}
    conversation = begin(api, intake=False, config=config)
    ask(api, conversation, message="Hello")
    token = api.post(f"/api/v1/conversations/{conversation['id']}/share").json()["token"]

    shared = api.get(f"/api/v1/shared/{token}").json()

    expected = {named(one): value_of(one) for one in IN_API if one.shared}
    assert shared["config"] == shared["replies"][0]["config"] == expected
    assert detail(api, conversation)["config"] == config


@pytest.mark.parametrize("parameter", SENT, ids=named)
def test_what_is_null_is_not_sent(parameter):
    config = ChatConfig(**{parameter.name: None})

    assert parameter.wire_name not in wire_format.request_body(
        config=config, messages=[], dialect={}
    )


@pytest.mark.parametrize("parameter", BOUNDED, ids=named)
@pytest.mark.django_db
def test_bounds_are_told_and_hold(parameter, api):
    told = available_models.bounds()[parameter.name]
    assert told == {"min": parameter.least, "max": parameter.highest}

    for value in (told["min"] - 1, told["max"] + 1):
        body = {"intake": False, "config": {parameter.name: value}}
        answer = api.post("/api/v1/conversations", body, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == f"config.{parameter.name}"
    for value in told.values():  # which the database's own constraints allow too
        begin(api, intake=False, config={parameter.name: value})


def test_v1_takes_what_the_table_names():
    for parameter in PARAMETERS:
        for name in parameter.completion_names:
            body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
            asked = parsed_request.of_completion(body | {name: value_of(parameter)})
            assert asked.config[parameter.name] == value_of(parameter)
        for name in parameter.response_names:
            asked = parsed_request.of_response(
                {"model": "m", "input": "x"} | {name: value_of(parameter)}
            )
            assert asked.config[parameter.name] == value_of(parameter)


def test_nothing_is_both_taken_by_v1_and_refused_as_unsupported():
    assert set(parameters.COMPLETION) & set(parameters.NOT_OF_COMPLETIONS) == set()
    assert set(parameters.RESPONSE) & set(parameters.NOT_OF_RESPONSES) == set()
