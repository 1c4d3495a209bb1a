"""What strangers post to come in: sign-ups, logins and wrong passwords, from an address."""

from rest_framework.test import APIClient

from support.people import PASSWORD
from support.refusals import refused

HERE, THERE = "203.0.113.7", "198.51.100.9"


def post(path, at=HERE, **body):
    client = APIClient(REMOTE_ADDR=at)
    return client.post(f"/api/v1/auth/{path}", body, format="json")


def log_in(member, password=PASSWORD, at=HERE):
    return post("login", at, email=member.email, password=password)


def wrong(member, times, at=HERE):
    return [log_in(member, "not the password", at).status_code for _ in range(times)]


def sign_up(number, at=HERE, **more):
    body = {"email": f"new{number}@example.com", "password": PASSWORD, "nickname": "New"}
    return post("signup", at, **body | more)


def held(answer):
    """Asserts that it was too many, and returns after how many seconds to come again."""
    refused(answer, 429, "too_many_attempts")
    return int(answer["Retry-After"])
