"""Operations people in a browser: Django's test client with its cookies."""

from django.test import Client

from .people import PASSWORD


def signed_in(member) -> Client:
    client = Client()
    answer = sign_in(client, member.email, PASSWORD)
    assert answer.status_code == 302, answer.content
    return client


def sign_in(client, email, password):
    body = {"username": email, "password": password}
    return client.post("/admin/login/?next=/admin/", body)


def press(client, page, button):
    """The button on an object's page; the page that comes then."""
    return client.post(f"{page}press/{button}/", follow=True)


def text_of(answer) -> str:
    return answer.content.decode()
