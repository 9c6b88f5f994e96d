"""Several models side by side: which are there, which is meant by an id, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inference import catalogue
from inference.manifest import ManifestError, load_manifest, read_listing
from inference.settings import VisionSettings

Install = Callable[..., Path]


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install_embedding: Install) -> Path:
    """A shipped folder with one embedding model and no covering network."""
    shipped = tmp_path / "shipped"
    monkeypatch.setattr(catalogue, "default_manifest", lambda: shipped / "manifest.toml")
    return install_embedding(shipped, "first", b"a network")


def test_models_of_all_folders_are_found_the_default_first(alone: Path, tmp_path: Path, install_embedding: Install) -> None:
    second, third = (
        install_embedding(tmp_path / "shipped" / "b", "second", b"a network"),
        install_embedding(tmp_path / "more" / "c", "third", b"a network"),
    )
    named = install_embedding(tmp_path / "named", "fourth", b"a network")
    settings = VisionSettings(manifest=named, models=tmp_path / "more")
    paths = {model_id: path for model_id, (path, _) in catalogue.embeddings(settings).items()}
    assert paths == {"fourth": named, "first": alone, "second": second, "third": third}
    assert next(iter(paths)) == "fourth"
    assert catalogue.default_of(VisionSettings(models=tmp_path / "more")) == alone


def test_a_copy_of_a_model_is_the_same_model(alone: Path, tmp_path: Path, install_embedding: Install) -> None:
    install_embedding(tmp_path / "shipped" / "copy", "first", b"a network")
    assert list(catalogue.embeddings(VisionSettings(manifest=alone))) == ["first"]


def test_one_id_for_two_networks_is_refused(alone: Path, tmp_path: Path, install_embedding: Install) -> None:
    install_embedding(tmp_path / "shipped" / "other", "first", b"another network")
    with pytest.raises(ManifestError, match="different networks by first"):
        catalogue.embeddings(VisionSettings(manifest=alone))


def test_a_neighbour_that_cannot_be_read_is_told_and_keeps_no_door_shut(
    alone: Path, tmp_path: Path, install_embedding: Install
) -> None:
    broken = install_embedding(tmp_path / "shipped" / "broken", "broken", b"a network")
    broken.write_text(broken.read_text(encoding="utf-8").replace("cosines", "cosine", 1), encoding="utf-8")
    settings = VisionSettings(manifest=alone)
    assert list(catalogue.embeddings(settings)) == ["first"]
    (found,) = (each for each in catalogue.found(settings) if each.problem)
    assert found.path == broken
    assert "calibration" in found.problem


def test_the_covering_network_is_found_wherever_it_lies(alone: Path, tmp_path: Path, install_covering: Install) -> None:
    settings = VisionSettings(manifest=alone)
    assert catalogue.covering(settings) is None
    install_covering(tmp_path / "shipped" / "covering", b"a network")
    model = catalogue.covering(settings)
    assert model is not None
    assert model.id == "covering-test"
    assert model.read() == b"a network"
    assert catalogue.covering(VisionSettings(manifest=alone, covering=False)) is None


def test_a_damaged_covering_network_is_refused(alone: Path, tmp_path: Path, install_covering: Install) -> None:
    path = install_covering(tmp_path / "shipped" / "covering", b"networc")
    with pytest.raises(ManifestError, match="sha256"):
        catalogue.covering(VisionSettings(manifest=alone))
    (path.parent / "covering.tflite").unlink()
    with pytest.raises(ManifestError, match=r"covering\.tflite: cannot be read"):
        catalogue.covering(VisionSettings(manifest=alone))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('["eyes", "nose_mouth", "forehead"]', '["eyes", "nose_mouth", "chin"]', "chin"),
        ('["eyes", "nose_mouth", "forehead"]', '["eyes", "eyes", "forehead"]', "different regions"),
        ("[0.5, 0.5, 0.5]", "[0.5, 0.5]", "as many thresholds"),
        ("[0.5, 0.5, 0.5]", "[0.5, 0.5, 1.0]", "thresholds"),
        ("size = 10", "", "size"),
        ("[covering.alignment]", "[covering.alignments]", "alignment"),
    ],
)
def test_a_wrong_covering_manifest_is_refused(
    alone: Path, tmp_path: Path, old: str, new: str, says: str, install_covering: Install, covering_text: str
) -> None:
    assert old in covering_text
    path = install_covering(tmp_path / "shipped" / "covering", b"a network", text=covering_text.replace(old, new, 1))
    with pytest.raises(ManifestError, match=says) as refusal:
        catalogue.covering(VisionSettings(manifest=alone))
    assert str(path) in str(refusal.value)


def test_two_covering_networks_are_refused(alone: Path, tmp_path: Path, install_covering: Install) -> None:
    install_covering(tmp_path / "shipped" / "one", b"a network")
    install_covering(tmp_path / "shipped" / "two", b"another", b"another")
    with pytest.raises(ManifestError, match="only one"):
        catalogue.covering(VisionSettings(manifest=alone))


def test_a_manifest_without_any_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text("version = 1\n", encoding="utf-8")
    with pytest.raises(ManifestError, match=r"neither an \[embedding\] nor a \[covering\]"):
        read_listing(tmp_path / "manifest.toml")


def test_a_covering_manifest_is_no_embedding(tmp_path: Path, install_covering: Install) -> None:
    with pytest.raises(ManifestError, match=r"no \[embedding\]"):
        load_manifest(install_covering(tmp_path / "covering", b"a network"))


def test_a_manifest_may_have_both(tmp_path: Path, install_embedding: Install, covering_text: str) -> None:
    path = install_embedding(tmp_path / "both", "both", b"a network")
    path.write_text(
        path.read_text(encoding="utf-8") + covering_text.partition("version = 1")[2].format(sha256="0" * 64), encoding="utf-8"
    )
    listing = read_listing(path)
    assert listing.embedding is not None
    assert listing.covering is not None


def test_a_device_that_began_with_the_first_network_finds_it_still() -> None:
    assert "dlib-resnet-1-int8" in catalogue.embeddings(VisionSettings())


def test_what_is_shipped_can_all_be_used() -> None:
    settings = VisionSettings()
    for path, model in catalogue.embeddings(settings).values():
        assert load_manifest(path).embedding == model
    assert not [each.problem for each in catalogue.found(settings) if each.problem]
    covering = catalogue.covering(settings)
    assert covering is None or len(covering.read()) == covering.size


def test_a_covering_network_of_ones_own_goes_before_the_shipped_one(
    alone: Path, tmp_path: Path, install_covering: Install
) -> None:
    install_covering(tmp_path / "shipped" / "covering", b"a network")
    own = install_covering(tmp_path / "more" / "covering", b"another network", b"another network")
    found = catalogue.covering(VisionSettings(manifest=alone, models=tmp_path / "more"))
    assert found is not None
    assert found.path.parent == own.parent
