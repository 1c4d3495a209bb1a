"""`manage.py lint_migrations`: may each migration run while the release before it still works?"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.loader import MigrationLoader

from config.upgrading.known import KNOWN
from config.upgrading.linting import faults
from config.upgrading.rules import Fault


class Command(BaseCommand):
    help = "Finds migrations that would hurt the release before, which still runs. No database."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        loader = MigrationLoader(None)
        ours = sorted(key for key in loader.disk_migrations if _is_ours(key[0]))
        found = [fault for key in ours for fault in _faults(loader, key)]
        wrong = [fault for fault in found if (fault.migration, fault.rule) not in KNOWN]
        if wrong:
            raise CommandError("\n".join(map(str, wrong)))
        stale = set(KNOWN) - {(fault.migration, fault.rule) for fault in found}
        if stale:
            raise CommandError(f"known.py names faults that are none: {sorted(stale)}")
        self.stdout.write(f"{len(ours)} migrations, {len(KNOWN)} known faults, no other.")


def _is_ours(app: str) -> bool:
    return apps.get_app_config(app).path.startswith(f"{settings.BASE_DIR}/{app}")


def _faults(loader: MigrationLoader, key: tuple[str, str]) -> list[Fault]:
    return list(faults(loader.disk_migrations[key], loader.project_state(key, at_end=False)))
