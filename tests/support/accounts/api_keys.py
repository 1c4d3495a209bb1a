"""API keys made through the API, and clients that show them."""

from rest_framework.test import APIClient

PATH = "/api/v1/me/keys"
ME = "/api/v1/me"


def with_key(text):
    return APIClient(headers={"Authorization": f"Bearer {text}"})


def made(api, name="laptop"):
    answer = api.post(PATH, {"name": name}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()
