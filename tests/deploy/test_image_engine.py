"""What `make image-test` needs before it can begin."""

import re
from pathlib import Path

import pytest
from support.deploy import compose
from support.image import engine, stand_ins

DOCKERFILE = compose.ROOT / "Dockerfile"


def test_where_there_is_no_engine_it_says_why(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with (
        pytest.raises(engine.NoEngine, match="no Docker daemon with Compose answers here, and "),
        engine.found(tmp_path / "cache"),
    ):
        pass

    assert not (tmp_path / "cache").exists()


def test_each_base_image_has_a_stand_in() -> None:
    stages = set(re.findall(r"^FROM (?:--\S+ )?(\S+)", DOCKERFILE.read_text(), flags=re.MULTILINE))
    services = set(re.findall(r"^    image: (\S+)$", compose.FILE.read_text(), flags=re.MULTILINE))

    assert stages | services == set(stand_ins.IMAGES.values())


def test_each_stand_in_can_be_made() -> None:
    described = (Path(stand_ins.__file__).parent / "stand_ins" / "Dockerfile").read_text()

    assert set(stand_ins.IMAGES) <= set(re.findall(r" AS (\S+)$", described, flags=re.MULTILINE))
