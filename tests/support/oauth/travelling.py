"""Somebody who signs in at a provider, step by step, as a browser and the client would."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qsl, urlsplit

import httpx2
from rest_framework.test import APIClient

AUTH = "/api/v1/auth"


def challenge_of(verifier):
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def query_of(address):
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


class Traveller:
    """`consent` answers a provider's page: it is given the address, and gives the one to go to."""

    def __init__(self, provider, *, consent=None, **headers):
        self.provider = provider
        self.browser = APIClient(headers=headers)
        self.verifier = secrets.token_urlsafe(32)
        self.consent = consent or agree

    def start(self, **query):
        query = {"challenge": challenge_of(self.verifier), **query}
        return self.browser.get(f"{AUTH}/{self.provider}/start", query)

    def leave(self, **query):
        """To the provider's page; its address."""
        answer = self.start(**query)
        assert answer.status_code == 302, answer.content
        return answer["Location"]

    def come_back(self, address):
        """Along the provider's redirect; where the client is told to go on."""
        url = urlsplit(address)
        assert url.netloc == "testserver"
        answer = self.browser.get(f"{url.path}?{url.query}")
        assert answer.status_code == 302, answer.content
        assert answer["Cache-Control"] == "no-store"
        return answer["Location"]

    def return_address(self, **query):
        """The client's address after the whole way there and back."""
        return self.come_back(self.consent(self.leave(**query)))

    def code(self, **query):
        returned = self.return_address(**query)
        assert set(query_of(returned)) == {"code"}, returned
        return query_of(returned)["code"]

    def error(self, **query):
        returned = self.return_address(**query)
        assert set(query_of(returned)) == {"error"}, returned
        return query_of(returned)["error"]

    def exchange(self, code, **more):
        body = {"code": code, "verifier": self.verifier} | more
        # Without the cookie: the client may live on another site.
        return APIClient().post(f"{AUTH}/exchange", body, format="json")

    def sign_in(self, **query):
        """The whole way; the answer to the exchange."""
        return self.exchange(self.code(**query))


def agree(address):
    """At a provider that asks nothing."""
    answer = httpx2.get(address, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def agree_as(sub):
    """At oidc-provider-mock's page."""

    def fill_in(address):
        answer = httpx2.post(address, data={"sub": sub}, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    return fill_in


def refuse(address):
    answer = httpx2.post(address, data={"action": "deny"}, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def member_of(answer):
    """Who the exchange signed in."""
    from accounts.models import Member

    assert answer.status_code == 200, answer.content
    me = APIClient(headers={"Authorization": f"Bearer {answer.json()['access']}"})
    return Member.objects.get(id=me.get("/api/v1/me").json()["id"])
