#!/usr/bin/env python
"""Django's command line: `python manage.py help`. It reads `.env`, as `make run` does."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from config.launcher.options import load_dotenv

if __name__ == "__main__":
    load_dotenv(Path(__file__).resolve().with_name(".env"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
