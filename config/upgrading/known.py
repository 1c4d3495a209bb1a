"""Faults that are as they should be, each with its reason."""

from .rules import Rule

BEFORE_THE_FIRST_RELEASE = "Older than the first release: no installation runs it beside another."

KNOWN: dict[tuple[str, Rule], str] = {
    ("accounts.0002_api_keys", Rule.INDEXED): BEFORE_THE_FIRST_RELEASE,
    ("accounts.0002_api_keys", Rule.UNVALIDATED): BEFORE_THE_FIRST_RELEASE,
    ("chat.0003_search", Rule.MIXED): BEFORE_THE_FIRST_RELEASE,
    ("chat.0006_openai_surface", Rule.UNVALIDATED): BEFORE_THE_FIRST_RELEASE,
}
