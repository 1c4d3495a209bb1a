"""EMAIL_URL as Django's settings."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from . import env

_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def folder(data_dir: Path) -> Path:
    """Where mails become files."""
    return data_dir / "mail"


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """How mails leave: Django's settings of the same names, with Django's own defaults."""

    backend: str
    file_path: str | None = None
    host: str = "localhost"
    port: int = 25
    host_user: str = ""
    host_password: str = ""
    use_tls: bool = False
    use_ssl: bool = False


def read(data_dir: Path) -> MailSettings:
    """What EMAIL_URL says; without it mails become files in DATA_DIR."""
    given = env.text("EMAIL_URL")
    if not given:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return MailSettings(backend=backend, file_path=str(folder(data_dir)))
    try:
        url = urlsplit(given)
        port = url.port or _PORTS[url.scheme]
    except (ValueError, KeyError):
        env.refuse(
            "EMAIL_URL", "give smtp+tls://user:password@host:port; also smtp:// and smtps://."
        )
    if not url.hostname:
        env.refuse("EMAIL_URL", "it names no host.")
    return MailSettings(
        backend="django.core.mail.backends.smtp.EmailBackend",
        host=url.hostname,
        port=port,
        host_user=unquote(url.username or ""),
        host_password=unquote(url.password or ""),
        use_tls=url.scheme == "smtp+tls",
        use_ssl=url.scheme == "smtps",
    )
