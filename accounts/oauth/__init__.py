"""Signing in at a provider: GitHub, Kakao, Google, or any OpenID Connect provider.

The way, told in docs/oauth.md: `flows` sends the browser there and takes it back, `codes` hands
the client a one-time code, `exchanges` takes it back for a session, `linking` says whose it is.
django-allauth speaks with the providers (`dialogue`, `providers`, `adapter`, `wire`); its pages,
e-mails and browser sessions are not used.
"""
