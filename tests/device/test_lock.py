"""One process at a time works on the data directory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from api.ports import StoreError, StoreLocked
from device.lock import hold_data

HOLDER = """
import sys, time
from pathlib import Path
from device.lock import hold_data
with hold_data(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def start_holder(root: Path, data: Path) -> "subprocess.Popen[str]":
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(data)], cwd=root, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_process_is_told_who_holds_it_and_a_killed_one_holds_nothing(root, tmp_path):
    data = tmp_path / "data"
    with start_holder(root, data) as holder:
        with pytest.raises(StoreLocked, match=rf"process {holder.pid} .*stop") as refusal, hold_data(data):
            pass
        assert str(data) in str(refusal.value)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with hold_data(data):
        assert (data / "lock").read_text() == f"{os.getpid()}\n"


def test_it_is_free_again_after_the_block_even_on_an_error(tmp_path):
    for _ in range(2):
        with pytest.raises(RuntimeError), hold_data(tmp_path):
            raise RuntimeError
    with hold_data(tmp_path), pytest.raises(StoreLocked, match=str(os.getpid())), hold_data(tmp_path):
        pass


def test_a_holder_that_left_no_name_is_another_process(tmp_path):
    with hold_data(tmp_path):
        (tmp_path / "lock").write_text("")
        with pytest.raises(StoreLocked, match="another process"), hold_data(tmp_path):
            pass


def test_a_directory_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot use"), hold_data(tmp_path / "file"):
        pass


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError), hold_data(tmp_path):
        pass
    assert (tmp_path / "elsewhere").read_text() == "precious"
