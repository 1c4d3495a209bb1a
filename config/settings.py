"""Django's settings. Every value that may differ between installations comes from config/env.py."""

from datetime import timedelta
from pathlib import Path

from . import env, mail_settings
from .embedded import paths
from .http.private_networks import PRIVATE_NETWORKS
from .monitoring.logging import configure_logging, logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_dir()

SECRET_KEY = env.secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.former_keys("SECRET_KEY_FALLBACKS")
# The first signs tokens; all of them count (accounts/credentials/signing.py).
JWT_KEYS = [SECRET_KEY, *SECRET_KEY_FALLBACKS]
DEBUG = False
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
FRONTEND_ORIGINS = env.origins("FRONTEND_ORIGINS")
USE_X_FORWARDED_HOST = False

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "corsheaders",
    "accounts.oauth.apps.AllauthAccount",
    "allauth.socialaccount",
    "accounts",
    "chat",
    "workers",
    "config",
]

MIDDLEWARE = [
    "config.http.django_handler.noted",
    "config.http.django_handler.Security",
    "corsheaders.middleware.CorsMiddleware",
    "config.http.static_files.StaticFiles",
    "config.http.django_handler.Common",
    "config.http.compression.Compression",
    "config.http.django_handler.Framing",
    "config.http.django_handler.SharedThreads",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# A connection for each of the shared threads, see api/database.
DATABASES = {
    "default": env.database(paths.database_url(DATA_DIR))
    | {
        "ENGINE": "api.database",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {  # type: ignore[operator]  # dj-database-url's untyped dict
    "connect_timeout": 3,
    # To plan a statement costs PostgreSQL more than to run it.
    "server_side_binding": True,
    "prepare_threshold": 3,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis("REDIS_URL", paths.redis_url(DATA_DIR))
CELERY_BROKER_URL = env.url(
    "CELERY_BROKER_URL",
    REDIS_URL,
    ("redis", "rediss", "unix", "redis+socket", "sentinel", "amqp", "amqps"),
)

# Carries events from workers and requests to listeners, and cancels to workers.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "chat.live.channel_layer.EventChannelLayer",
        "CONFIG": {"url": REDIS_URL},
    }
}

AUTH_USER_MODEL = "accounts.Member"
PASSWORD_HASHERS = ["accounts.hashers.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.credentials.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.FastJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.renderers.OnlyJSON",
    "DEFAULT_SCHEMA_CLASS": "config.openapi.schema.ProblemAwareSchema",
    "EXCEPTION_HANDLER": "config.http.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Malgil",
    "DESCRIPTION": "A queue-backed chat backend. Every error is an RFC 9457 problem document.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.schema_hooks.name_reply_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ReplyStatus": "chat.states.ReplyStatus",
        "PromptKind": "chat.models.PromptKind",
    },
}
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
    "AUDIENCE": "malgil",
    "ISSUER": "malgil",
    "USER_ID_CLAIM": "sub",
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=env.seconds("ACCESS_TOKEN_SECONDS", 900, least=1)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "UPDATE_LAST_LOGIN": False,
}

# Mails, and whether an address has to be proven before the first login. Links in mails lead to the
# client at CLIENT_URL, else to the one that asked for them.
EMAIL_VERIFICATION_REQUIRED = (
    env.choice("EMAIL_VERIFICATION", default="optional", among=("optional", "required"))
    == "required"
)
CLIENT_URL = env.client_url(ALLOWED_HOSTS)
_MAIL = mail_settings.read(DATA_DIR)
EMAIL_BACKEND = _MAIL.backend
EMAIL_FILE_PATH = _MAIL.file_path
EMAIL_HOST = _MAIL.host
EMAIL_PORT = _MAIL.port
EMAIL_HOST_USER = _MAIL.host_user
EMAIL_HOST_PASSWORD = _MAIL.host_password
EMAIL_USE_TLS = _MAIL.use_tls
EMAIL_USE_SSL = _MAIL.use_ssl
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.sender("EMAIL_FROM", "Malgil <malgil@localhost>")
PASSWORD_RESET_TIMEOUT = 3600

# How often one may try to come in is counted in Redis.
AUTH_THROTTLES = env.switch("AUTH_THROTTLES", default=True)
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

# Where members may sign in besides here; each is on when its variables are set (docs/oauth.md).
_OAUTH_CLIENTS = {
    "github": env.oauth_client(
        "github",
        name="GitHub",
        client_id=env.text("OAUTH_GITHUB_CLIENT_ID"),
        client_secret=env.text("OAUTH_GITHUB_CLIENT_SECRET"),
        base_url=env.address("OAUTH_GITHUB_BASE_URL"),
    ),
    "kakao": env.oauth_client(
        "kakao",
        name="Kakao",
        client_id=env.text("OAUTH_KAKAO_CLIENT_ID"),
        client_secret=env.text("OAUTH_KAKAO_CLIENT_SECRET"),
        base_url=env.address("OAUTH_KAKAO_BASE_URL"),
    ),
    "google": env.oauth_client(
        "google",
        name="Google",
        client_id=env.text("OAUTH_GOOGLE_CLIENT_ID"),
        client_secret=env.text("OAUTH_GOOGLE_CLIENT_SECRET"),
        base_url=env.address("OAUTH_GOOGLE_BASE_URL"),
        issuer="https://accounts.google.com",
    ),
    "oidc": env.oauth_client(
        "oidc",
        name=env.text("OAUTH_OIDC_NAME", "OpenID Connect"),
        client_id=env.text("OAUTH_OIDC_CLIENT_ID"),
        client_secret=env.text("OAUTH_OIDC_CLIENT_SECRET"),
        base_url=env.address("OAUTH_OIDC_BASE_URL"),
        issuer=env.address("OAUTH_OIDC_ISSUER"),
    ),
}
OAUTH_CLIENTS = {name: client for name, client in _OAUTH_CLIENTS.items() if client}
# How long one answer of a provider may take; a sign-in needs up to three.
OAUTH_TIMEOUT_SECONDS = 5
# django-allauth speaks with them; of its own pages, e-mails and sessions nothing is used.
SOCIALACCOUNT_ADAPTER = "accounts.oauth.adapter.Adapter"
SOCIALACCOUNT_QUERY_EMAIL = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
WHITENOISE_USE_FINDERS = True
# The built web client: its files at `/`, its page at the addresses it knows (config/http/home.py).
CLIENT_DIR = BASE_DIR / "frontend" / "dist"
if CLIENT_DIR.is_dir():
    WHITENOISE_ROOT = CLIENT_DIR

# A client of another origin sends its token itself, so no credentials of the browser are allowed.
CORS_ALLOWED_ORIGINS = FRONTEND_ORIGINS
CORS_URLS_REGEX = r"^/(api|v1)/"
CORS_ALLOW_HEADERS = [
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "prefer",
]
CORS_EXPOSE_HEADERS = [
    "Content-Disposition",
    "ETag",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
]

# Behind a proxy that speaks HTTPS with the world, and says so in a header that it sets itself.
HTTPS = env.switch("HTTPS", default=False)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # What the proxy and the machines themselves ask without it.
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SILENCED_SYSTEM_CHECKS = [
    "security.W001",  # config.http.django_handler.Security is Django's, under another name
    "security.W002",  # and so is config.http.django_handler.Framing
    # Only /admin/ trusts a cookie, and has the middleware for it (config/admin/middleware.py).
    "security.W003",
    *("admin.E408", "admin.E409", "admin.E410"),
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "malgil_admin", "malgil_admin_csrf"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The model
OPENAI_API_KEY = env.secret("OPENAI_API_KEY")
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL", "https://api.openai.com/v1", ("http", "https"))
DEMO_MODEL = env.switch("DEMO_MODEL", default=False)
CHAT_MODELS = env.models("CHAT_MODELS")
CHAT_DEFAULT_MODEL = env.model("CHAT_DEFAULT_MODEL")

# The chat's bounds
CHAT_DAILY_LIMIT = env.whole("CHAT_DAILY_LIMIT", 5, least=0)
CHAT_QUOTA_TIMEZONE = env.zone("CHAT_QUOTA_TIMEZONE", "Asia/Seoul")
CHAT_MESSAGE_MAX_CHARS = env.whole("CHAT_MESSAGE_MAX_CHARS", 100_000)
CHAT_CONTEXT_MAX_CHARS = env.whole("CHAT_CONTEXT_MAX_CHARS", 200_000)
CHAT_QUEUE_MAX = env.whole("CHAT_QUEUE_MAX", 10_000)
CHAT_MAX_TOKENS = env.whole("CHAT_MAX_TOKENS", 128_000)
CHAT_MAX_SOCKETS = env.whole("CHAT_MAX_SOCKETS", 50)

# The engine's timings, in seconds. Tests shorten them; docs/operations.md says which knob when.
WORKER_CONCURRENCY = env.whole("WORKER_CONCURRENCY", 1000)
WORKER_DRAIN_SECONDS = env.seconds("WORKER_DRAIN_SECONDS", 30)
WORKER_TICK_SECONDS = env.seconds("WORKER_TICK_SECONDS", 1, least=0.05)
# About five missed beats. Recovery takes a lease plus at most a tick.
WORKER_LEASE_SECONDS = env.seconds("WORKER_LEASE_SECONDS", 5, least=0.2)
# How long a wake-up may take on its way before the table is asked instead.
WORKER_WAKE_GRACE_SECONDS = env.seconds("WORKER_WAKE_GRACE_SECONDS", 3, least=0.1)
# Where each worker answers probes and Prometheus; 0: nowhere.
WORKER_METRICS_PORT = env.whole("WORKER_METRICS_PORT", 0, least=0, most=65535)
WORKER_METRICS_HOST = env.text("WORKER_METRICS_HOST", "127.0.0.1")
MODEL_CONNECT_SECONDS = env.seconds("MODEL_CONNECT_SECONDS", 10, least=0.05)
MODEL_STALL_SECONDS = env.seconds("MODEL_STALL_SECONDS", 30, least=0.05)
# An answer that is not streamed shows no sign of life until it is whole.
MODEL_ANSWER_SECONDS = env.seconds("MODEL_ANSWER_SECONDS", 300, least=0.05)
MODEL_DEADLINE_SECONDS = env.seconds("MODEL_DEADLINE_SECONDS", 600, least=0.1)
MODEL_ATTEMPTS = env.whole("MODEL_ATTEMPTS", 4)
MODEL_BACKOFF_SECONDS = env.seconds("MODEL_BACKOFF_SECONDS", 1)
RESCUES_MAX = env.whole("RESCUES_MAX", 10)
CANCEL_WAIT_SECONDS = env.seconds("CANCEL_WAIT_SECONDS", 2)
SOCKET_HEARTBEAT_SECONDS = env.whole("SOCKET_HEARTBEAT_SECONDS", 25)
SOCKET_SWEEP_SECONDS = env.seconds("SOCKET_SWEEP_SECONDS", 3, least=0.1)

# How a server process stops (config/uvicorn_server.py).
WEB_DRAIN_SECONDS = env.seconds("WEB_DRAIN_SECONDS", 0)
WEB_STOP_SECONDS = env.whole("WEB_STOP_SECONDS", 5)

# Webhooks: how long a receiver may take, and the pauses between attempts, which are those of the
# Standard Webhooks specification: about three days.
WEBHOOK_TIMEOUT_SECONDS = env.seconds("WEBHOOK_TIMEOUT_SECONDS", 15, least=0.05)
WEBHOOK_RETRY_SECONDS = env.schedule(
    "WEBHOOK_RETRY_SECONDS", "5,300,1800,7200,18000,36000,50400,72000,86400"
)
WEBHOOK_ALLOWED_NETWORKS = env.networks("WEBHOOK_ALLOWED_NETWORKS")

# A dead Redis answers at once, a stuck one within this; see api/redis.py for the breaker.
REDIS_TIMEOUT_SECONDS = env.seconds("REDIS_TIMEOUT_SECONDS", 0.5, least=0.05)

# Who may read /metrics, and where processes that share a port share what they count.
METRICS_NETWORKS = env.networks("METRICS_NETWORKS") or PRIVATE_NETWORKS
METRICS_DIR = env.shared_folder("PROMETHEUS_MULTIPROC_DIR")

LOG_FORMAT = env.choice("LOG_FORMAT", default="lines", among=("lines", "json"))
LOG_LEVEL = env.choice("LOG_LEVEL", default="info", among=("debug", "info", "warning", "error"))
LOGGING_CONFIG = None
configure_logging(logging_config(form=LOG_FORMAT, level=LOG_LEVEL))
