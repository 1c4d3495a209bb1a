"""GitHub, Kakao and an OpenID Connect provider of few words, to be run as a process of its own.

Each under a path of its own, answering as its documentation says:
docs.github.com (Authorizing OAuth apps; REST: users, emails), developers.kakao.com (Kakao Login,
REST API) and OpenID Connect Core 1.0. Whoever comes is asked nothing and sent back at once.

`PUT /control` changes what they answer, `GET /control` tells what they were asked. Prints its port.
"""

import base64
import hashlib
import json
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt

CLIENT = {"client_id": "the-client", "client_secret": "the-secret"}
USUAL = {
    "github": {"login": "octocat", "id": 583231, "name": "Mona Octocat", "email": None},
    "emails": [
        {"email": "old@example.com", "verified": True, "primary": False, "visibility": None},
        {"email": "Mona@Example.com", "verified": True, "primary": True, "visibility": "private"},
    ],
    "kakao": {
        "id": 1234567890,
        "connected_at": "2026-01-11T01:45:28Z",
        "kakao_account": {
            "profile_nickname_needs_agreement": False,
            "profile": {"nickname": "홍길동", "is_default_image": True},
            "email_needs_agreement": False,
            "is_email_valid": True,
            "is_email_verified": True,
            "email": "gildong@example.com",
        },
    },
    # Laid over the claims of the ID token; null takes one away.
    "claims": {},
    "userinfo": {
        "sub": "4711",
        "name": "Lee Minji",
        "email": "minji@example.com",
        "email_verified": True,
    },
    "configuration": {},
    # Path -> what goes wrong there: see `_fail`.
    "faults": {},
}
AUTHORIZE = {"/github/login/oauth/authorize", "/kakao/oauth/authorize", "/oidc/authorize"}


class State:
    def __init__(self):
        self.said = dict(USUAL)
        self.codes = {}
        self.asked = []
        self.dawdling_ends = threading.Event()


state = State()


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer("")

    def do_POST(self):
        self._answer(self._body())

    def do_PUT(self):
        state.said = USUAL | json.loads(self._body())
        state.asked = []
        state.dawdling_ends.set()
        state.dawdling_ends = threading.Event()
        self._json({})

    def log_message(self, *_):
        pass

    def _answer(self, body):
        url = urlsplit(self.path)
        if url.path == "/control":
            return self._json(state.asked)
        query = dict(parse_qsl(url.query, keep_blank_values=True)) | dict(parse_qsl(body))
        state.asked.append({"path": url.path, "query": query, "headers": dict(self.headers)})
        fault = state.said["faults"].get(url.path)
        self.padding = b" " * 2_000_000 if fault == "huge" else b""
        if fault and not self.padding:
            return self._fail(fault, state.dawdling_ends)
        if url.path in AUTHORIZE:
            return self._authorize(query)
        answers = {
            "/github/login/oauth/access_token": self._github_token,
            "/github/api/v3/user": lambda _: self._owned("github"),
            "/github/api/v3/user/emails": lambda _: self._owned("emails"),
            "/kakao/oauth/token": self._kakao_token,
            "/kakao/v2/user/me": lambda _: self._owned("kakao"),
            "/oidc/.well-known/openid-configuration": self._configuration,
            "/oidc/token": self._oidc_token,
            "/oidc/userinfo": lambda _: self._owned("userinfo"),
        }
        answers.get(url.path, lambda _: self._json({"message": "Not Found"}, 404))(query)

    # What all of them do

    def _authorize(self, query):
        if query.get("client_id") != CLIENT["client_id"] or query["response_type"] != "code":
            return self._json({"error": "invalid_request"}, 400)
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        state.codes[code] = query
        back = {"code": code, "state": query["state"]}
        self._send(302, b"", {"Location": f"{query['redirect_uri']}?{urlencode(back)}"})

    def _redeemed(self, query):
        """What the code was given for; None for a wrong code, client, address or verifier."""
        begun = state.codes.pop(query.get("code"), None)
        digest = hashlib.sha256(query.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        right = (
            begun is not None
            and CLIENT.items() <= query.items()
            and query["redirect_uri"] == begun["redirect_uri"]
            and challenge == begun["code_challenge"]
        )
        return begun if right else None

    def _owned(self, name):
        if not self.headers.get("Authorization", "").endswith("a-token"):
            return self._json({"message": "Requires authentication"}, 401)
        self._json(state.said[name])

    # How each of them says it

    def _github_token(self, query):
        if self._redeemed(query) is None:
            # GitHub tells errors with 200.
            answer = {"error": "bad_verification_code"}
        else:
            answer = {"access_token": "a-token", "scope": "user:email", "token_type": "bearer"}
        self._send(
            200, urlencode(answer).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )

    def _kakao_token(self, query):
        if self._redeemed(query) is None:
            return self._json({"error": "invalid_grant", "error_code": "KOE320"}, 400)
        self._json(
            {
                "token_type": "bearer",
                "access_token": "a-token",
                "expires_in": 43199,
                "refresh_token": "another",
                "refresh_token_expires_in": 5184000,
                "scope": "account_email profile_nickname",
            }
        )

    def _configuration(self, _):
        here = f"http://127.0.0.1:{self.server.server_port}/oidc"
        usual = {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "userinfo_endpoint": f"{here}/userinfo",
            "jwks_uri": f"{here}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
        self._json(without_null(usual | state.said["configuration"]))

    def _oidc_token(self, query):
        begun = self._redeemed(query)
        if begun is None:
            return self._json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": f"http://127.0.0.1:{self.server.server_port}/oidc",
            "aud": CLIENT["client_id"],
            "sub": "4711",
            "iat": now,
            "exp": now + 60,
            "nonce": begun.get("nonce"),
        }
        claims = without_null(claims | state.said["claims"])
        answer = {"access_token": "a-token", "token_type": "Bearer", "expires_in": 60}
        if claims:
            answer["id_token"] = jwt.encode(claims, "k" * 32, algorithm="HS256")
        self._json(answer)

    # Going wrong

    def _fail(self, fault, over):
        if fault == "redirect":
            self._send(302, b"", {"Location": "/oidc/elsewhere"})
        elif fault == "hang":
            over.wait(30)
        elif fault == "drip":
            self._drip(over)
        elif fault == "drip headers":
            self._drip_headers(over)
        elif fault == "cut":
            self._send(200, b"{", {"Content-Length": "100"})
            self.close_connection = True
        else:
            self._send(fault["status"], fault["body"].encode())

    def _drip(self, over):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not over.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _drip_headers(self, over):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not over.wait(0.05):
            self.wfile.write(b"x")
            self.wfile.flush()

    # Sending

    def _body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()

    def _json(self, answer, status=200):
        self._send(status, json.dumps(answer).encode())

    padding = b""

    def _send(self, status, body, headers=None):
        body += self.padding
        told = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self.send_response(status)
        for name, value in (told | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def without_null(values):
    return {name: value for name, value in values.items() if value is not None}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that gave up on us, as it should


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Provider)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
