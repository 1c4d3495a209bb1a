"""The state of the one model this process plays."""

from dataclasses import dataclass, field, replace
from random import Random

from aiohttp import web

from .behaviour.script import Entry, take
from .behaviour.settings import Fault, Settings, change
from .wire.journal import Journal


@dataclass(slots=True)
class Model:
    settings: Settings
    script: list[Entry] = field(default_factory=list)
    journal: Journal = field(init=False)
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self.settings.record)
        self._random = Random(self.settings.seed)

    def change(self, overrides: dict[str, object]) -> None:
        """Changes all or, with SettingError, nothing."""
        self.settings = change(self.settings, overrides)
        self.journal.resize(self.settings.record)
        if "seed" in overrides:
            self._random = Random(self.settings.seed)

    def settings_for(self, asked: str) -> Settings:
        """The settings of one coming request: takes its script entry, draws its fault."""
        settings = change(self.settings, take(self.script, asked=asked))
        if settings.fault is Fault.NONE or self._random.random() < settings.fault_probability:
            return settings
        return replace(settings, fault=Fault.NONE)


MODEL = web.AppKey("model", Model)
