"""The client's files, compressed at its build and chosen by what a browser takes."""

import gzip
import os

import pytest
from django.conf import settings as actual
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from config.http.static_files import StaticFiles

SCRIPT = b"console.log('the client');" * 100
COMPRESSED = gzip.compress(SCRIPT, mtime=0)
# Nothing here reads Brotli: the file is told from the others by its content.
BROTLI = b"as if by Brotli"


@pytest.fixture
def files(settings, tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/index.js").write_bytes(SCRIPT)
    (tmp_path / "assets/index.js.gz").write_bytes(COMPRESSED)
    (tmp_path / "assets/index.js.br").write_bytes(BROTLI)
    (tmp_path / "small.js").write_bytes(b"1")
    for file in tmp_path.rglob("*.*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    settings.WHITENOISE_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = False
    return StaticFiles(lambda request: HttpResponse("no file", status=404))


def get(files, path="/assets/index.js", method="GET", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return files(RequestFactory(headers=names).generic(method, path))


def body(answer):
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("accepts", "coding", "content"),
    [
        ("gzip, deflate, br, zstd", "br", BROTLI),
        ("gzip", "gzip", COMPRESSED),
        ("br;q=0, gzip", "gzip", COMPRESSED),
        ("gzip;q=0", None, SCRIPT),
        ("br-not, not-gzip", None, SCRIPT),
        ("identity", None, SCRIPT),
        ("*", None, SCRIPT),
        ("", None, SCRIPT),
    ],
)
def test_the_smallest_that_the_client_takes(files, accepts, coding, content):
    answer = get(files, Accept_Encoding=accepts)

    assert answer.get("Content-Encoding") == coding
    assert body(answer) == content
    assert answer["Content-Length"] == str(len(content))
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Vary"] == "Accept-Encoding"


def test_variants_share_a_weak_etag_with_which_nothing_is_sent_again(files):
    first = get(files, Accept_Encoding="gzip")
    etag = first["ETag"]

    assert etag.startswith('W/"')
    assert get(files, Accept_Encoding="br")["ETag"] == etag
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = get(files, Accept_Encoding="gzip", If_None_Match=known)
        assert again.status_code == 304
        assert body(again) == b""
    assert get(files, Accept_Encoding="gzip", If_None_Match='W/"other"').status_code == 200


def test_a_file_without_variants_has_a_strong_etag_and_varies_by_nothing(files):
    answer = get(files, "/small.js", Accept_Encoding="gzip")

    assert answer["ETag"].startswith('"')
    assert "Vary" not in answer
    assert "Content-Encoding" not in answer
    assert body(answer) == b"1"


def test_a_head_says_what_a_get_would_send(files):
    answer = get(files, method="HEAD", Accept_Encoding="gzip")

    assert answer["Content-Encoding"] == "gzip"
    assert answer["Content-Length"] == str(len(COMPRESSED))
    assert body(answer) == b""


def test_variants_have_no_address_of_their_own(files):
    assert get(files, "/assets/index.js.gz").status_code == 404


async def test_the_same_without_a_thread(settings, files):
    async def no_file(request):
        return HttpResponse(status=404)

    served = StaticFiles(no_file)
    accepts = {"Accept-Encoding": "gzip"}
    request = AsyncRequestFactory().get("/assets/index.js", headers=accepts)

    assert (await served(request))["Content-Encoding"] == "gzip"


@pytest.mark.skipif(not actual.CLIENT_DIR.is_dir(), reason="the client is not built")
def test_every_script_and_style_of_the_real_client_is_there_compressed():
    plain = [
        file
        for file in actual.CLIENT_DIR.rglob("*.*")
        if file.suffix in {".js", ".css"} and file.stat().st_size > 1024
    ]
    small = [file for file in plain if file.with_name(f"{file.name}.br").is_file()]

    assert plain
    assert small == plain
    for file in plain:
        assert gzip.decompress(file.with_name(f"{file.name}.gz").read_bytes()) == file.read_bytes()
