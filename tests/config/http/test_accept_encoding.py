"""Which codings a client takes, also of one that says it oddly."""

import pytest

from config.http.accept_encoding import accepted


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        ("gzip", {"gzip"}),
        ("gzip, deflate, br, zstd", {"gzip", "deflate", "br", "zstd"}),
        ("GZIP;Q=0.5 , br ; q=1", {"gzip", "br"}),
        ("gzip;q=0", set()),
        ("gzip;q=0.000, br", {"br"}),
        ("identity", set()),
        ("identity;q=1, gzip;q=0.5", set()),
        ("identity;q=0.5, gzip;q=0.5", {"gzip"}),
        ("identity;q=0, gzip", {"gzip"}),
        ("*", set()),
        ("*;q=0", set()),
        ("gzip;q=much", set()),
        ("gzip;level=9", set()),
        ("gzip;q=nan", set()),
        ("", set()),
        (" , ,", set()),
        (";q=1", {""}),
    ],
)
def test_what_is_named_with_a_weight_and_not_below_identity(header, codings):
    assert accepted(header) == codings
