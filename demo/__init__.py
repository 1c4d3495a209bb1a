"""A model server that speaks OpenAI's chat completions and needs no key.

It answers newcomers who have no key yet, fails on command for tests, and streams at a true rate
for benchmarks. Run it with `python -m demo`; it imports nothing of the other packages.
"""
