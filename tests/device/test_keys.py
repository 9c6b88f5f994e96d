"""The root key's file and what is derived from it."""

import os
import pickle
import stat
from pathlib import Path

import pytest

from api.ports import StoreKeyMissing
from device.keys import KEY_BYTES, Keys, RootKeyExists, RootKeyRefused, create_root_key, load_keys

NAMES = ("sqlcipher", "field", "pepper", "jwt", "chain")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys" / "root.key"
    create_root_key(file)
    return file


def test_a_new_key_is_the_owners_alone_and_complete(key_file):
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert key_file.stat().st_size == KEY_BYTES
    assert [entry.name for entry in key_file.parent.iterdir()] == ["root.key"]
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700


def test_two_devices_have_two_keys(tmp_path):
    for name in ("a", "b"):
        create_root_key(tmp_path / name)
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


def test_a_key_is_never_written_over(key_file):
    before = key_file.read_bytes()
    with pytest.raises(RootKeyExists, match="already"):
        create_root_key(key_file)
    assert key_file.read_bytes() == before
    assert [entry.name for entry in key_file.parent.iterdir()] == ["root.key"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RootKeyRefused, match="cannot write"):
        create_root_key(tmp_path / "file" / "root.key")


def test_loading_gives_the_same_keys_again(key_file):
    first, second = load_keys(key_file), load_keys(key_file)
    assert [getattr(first, name) for name in NAMES] == [getattr(second, name) for name in NAMES]


def test_every_purpose_has_a_key_of_its_own():
    root = bytes(range(32))
    keys = Keys.from_root(root)
    values = [getattr(keys, name) for name in NAMES]
    assert len({root, *values}) == len(NAMES) + 1
    assert all(len(value) == KEY_BYTES for value in values)


def test_derivation_never_changes():
    """A changed derivation locks every device out of its own database. Computed with `openssl kdf ... HKDF`."""
    keys = Keys.from_root(bytes(range(32)))
    assert keys.sqlcipher.hex() == "07fcbeb34916708ed49d6cf16e792bbb9a3e3fd7a57b887b80e6cec0968bbc78"


def test_a_missing_key_says_what_to_do(tmp_path):
    with pytest.raises(StoreKeyMissing, match="kioskctl init"):
        load_keys(tmp_path / "root.key")


@pytest.mark.parametrize("size", [0, 31, 33, 4096])
def test_a_key_of_another_size_is_refused(tmp_path, size):
    file = tmp_path / "root.key"
    file.write_bytes(os.urandom(size))
    file.chmod(0o600)
    with pytest.raises(RootKeyRefused, match=f"{size} bytes"):
        load_keys(file)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_open_to_others_is_refused(key_file, mode):
    key_file.chmod(mode)
    with pytest.raises(RootKeyRefused, match="chmod 600"):
        load_keys(key_file)


def test_what_is_no_plain_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("pipe", "."):
        with pytest.raises(RootKeyRefused, match="plain file"):
            load_keys(tmp_path / name)


def test_keys_do_not_show():
    keys = Keys.from_root(bytes(range(32)))
    shown = f"{keys} {keys!r}"
    for name in NAMES:
        value = getattr(keys, name)
        assert value.hex() not in shown
        assert repr(value) not in shown
    with pytest.raises(TypeError):
        pickle.dumps(keys)


def test_a_root_of_another_length_is_no_root():
    with pytest.raises(ValueError, match="31"):
        Keys.from_root(bytes(31))


def test_api_keys_are_kept_as_a_keyed_hash():
    one, other = Keys.from_root(bytes(32)), Keys.from_root(bytes(range(32)))
    assert one.hash_api_key("secret") == one.hash_api_key("secret")
    assert one.hash_api_key("secret") != one.hash_api_key("secret ")
    assert one.hash_api_key("secret") != other.hash_api_key("secret")
