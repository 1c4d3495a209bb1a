"""What the benchmarks share: the stack under test, members, model calls, figures."""
