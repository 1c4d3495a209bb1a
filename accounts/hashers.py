"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """Argon2id as OWASP's password storage cheat sheet asks for at least: 19 MiB, 2 passes.

    Django's default takes 100 MiB for each hash; twenty sign-ups at once would take 2 GiB.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
