"""The vision process as it is: started, connected over a real socket, watched, asked, killed."""

import asyncio
import io
import logging
import os
import signal
import struct

import cv2
import numpy as np
import pytest

from camera.frame import boot_time
from inference import journal
from inference.channel import (
    Embed,
    Ended,
    Heartbeat,
    Hello,
    Instruct,
    Judge,
    Preview,
    Seen,
    Waiting,
    Watch,
    encode,
)
from inference.manifest import load_manifest
from inference.vision import CAMERA, CONTROL_LOST, DONE, MODEL, USAGE, main
from tests.inference.vision_process import MODEL_ID, replay, status


async def test_a_camera_says_hello_first_then_what_it_sees(vision, portrait_file):
    before = boot_time()
    async with vision("camera", replay(portrait_file)) as (control, process):
        seen = list(await control.until(Seen, 12))
        control.send(Embed(on=True))
        await control.until(Seen, len(control.of(Seen)) + 8)
        beats = await control.until(Heartbeat, 2)
        hello = control.messages[0]
        assert hello == Hello("camera", MODEL_ID, f"replay:{portrait_file.name}", live=False)
        assert not control.of(Preview)
        control.writer.close()
        code, errors = await status(process)
    observations = [message.observation for message in seen]
    numbers = [observation.seq for observation in observations]
    assert numbers == sorted(set(numbers))
    assert before < observations[0].time <= boot_time()
    assert {observation.condition for observation in observations} == {""}
    assert len({observation.track for observation in observations}) == 1
    assert {observation.embedding for observation in observations} == {None}, "none before control says so"
    vector = next(vector for message in control.of(Seen) if (vector := message.observation.vector()) is not None)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)
    assert beats[-1].captured >= observations[0].seq
    assert (code, errors) == (DONE, "")


async def test_previews_come_only_while_somebody_watches(vision, portrait_file):
    settings = replay(portrait_file) | {"vision": {"preview_width": 200, "preview_fps": 10}}
    async with vision("camera", settings) as (control, _):
        await control.until(Seen, 4)
        assert not control.of(Preview)
        control.send(Watch(on=True))
        previews = await control.until(Preview, 3)
        image = cv2.imdecode(np.frombuffer(previews[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape[1] == 200
        control.send(Instruct("blink"))
        control.send(Watch(on=False))
        await control.until(Seen, len(control.of(Seen)) + 4)
        before = len(control.of(Preview))
        await control.until(Seen, len(control.of(Seen)) + 6)
        assert len(control.of(Preview)) == before


async def test_the_end_of_a_file_is_told_and_no_failure(vision, portrait_file):
    async with vision("camera", replay(portrait_file, loop=False, pace="fast")) as (control, process):
        (ended,) = await control.until(Ended)
        code, _ = await status(process)
    assert ended.reason == "ended"
    assert control.messages[-1] == ended
    assert len(control.of(Seen)) >= 1
    assert code == DONE


async def test_lives_that_end_early_are_counted_and_the_next_waits(vision, portrait_file, tmp_path):
    crashes, settings = tmp_path / "crashes", replay(portrait_file) | {"backoff_s": 0.2, "backoff_max_s": 0.3}
    for failures in (0, 1):
        async with vision("camera", settings, "--crashes", str(crashes)) as (control, process):
            await control.until(Hello)
            waits = control.of(Waiting)
            assert [(each.failures, each.seconds) for each in waits] == [(1, 0.2)] * failures
            assert isinstance(control.messages[0], Waiting if failures else Hello)
            process.kill()
            await status(process)
    async with vision("camera", settings, "--crashes", str(crashes)) as (control, process):
        await control.until(Hello)
        assert control.of(Waiting)[0] == Waiting(2, 0.3)
        process.terminate()
        assert (await status(process))[0] == DONE
    assert not crashes.exists()


async def test_an_absent_camera_is_told(vision, tmp_path):
    async with vision("camera", replay(tmp_path / "nothing.mp4")) as (control, process):
        (ended,) = await control.until(Ended)
        code, errors = await status(process)
    assert ended.reason == "absent"
    assert "nothing.mp4" in ended.message
    assert "nothing.mp4" in errors
    assert control.messages == [ended]
    assert code == CAMERA


async def test_a_file_that_is_no_picture_is_told(vision, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    async with vision("camera", replay(tmp_path / "broken.mp4")) as (control, process):
        (ended,) = await control.until(Ended)
        code, _ = await status(process)
    assert ended.reason in ("failed", "absent")
    assert "broken.mp4" in ended.message
    assert code == CAMERA


async def test_a_model_that_was_altered_is_refused(vision, tmp_path):
    model = load_manifest().embedding
    content = bytearray(model.path.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / model.path.name).write_bytes(content)
    manifest = tmp_path / "manifest.toml"
    manifest.write_bytes((model.path.parent / "manifest.toml").read_bytes())
    async with vision("remote", {"vision": {"manifest": str(manifest)}}) as (control, process):
        (ended,) = await control.until(Ended)
        code, _ = await status(process)
    assert ended.reason == "model"
    assert "sha256" in ended.message
    assert code == MODEL


def test_nobody_listens(tmp_path, caplog):
    assert main(["camera", "--socket", str(tmp_path / "nobody.sock")]) == CONTROL_LOST
    assert "does not listen" in caplog.text


def test_it_writes_into_the_journal_where_its_standard_error_goes_there(tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(journal, "journal_here", lambda: lambda message, **fields: sent.append((message, fields)))
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    assert main(["camera", "--socket", str(tmp_path / "nobody.sock")]) == CONTROL_LOST
    ((message, fields),) = sent
    assert "does not listen" in message
    assert fields == {"SYSLOG_IDENTIFIER": "facekiosk-vision@camera", "LOGGER": "vision", "PRIORITY": "3"}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ('{"vision": {"thread": 2}}', "vision.thread"),
        ('{"vision": {"threads": "many"}}', "vision.threads"),
        ('{"camera": {"width": 5}}', "camera.width"),
        ("7", "object"),
        ("{", "JSON"),
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path, capsys, settings, named):
    with pytest.raises(SystemExit) as ended:
        main(["remote", "--socket", str(tmp_path / "nobody.sock"), "--config", settings])
    assert ended.value.code == USAGE
    assert named in capsys.readouterr().err


def test_settings_are_read_from_standard_input_too(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"vision": {"thread": 2}}'))
    with pytest.raises(SystemExit):
        main(["camera", "--socket", str(tmp_path / "nobody.sock"), "--config", "-"])
    assert "vision.thread" in capsys.readouterr().err


async def test_a_signal_ends_it_in_order(vision, portrait_file):
    async with vision("camera", replay(portrait_file)) as (control, process):
        await control.until(Seen)
        process.terminate()
        assert await status(process) == (DONE, "")


async def test_a_signal_while_it_starts_ends_it_too(vision, portrait_file):
    async with vision("camera", replay(portrait_file)) as (control, process):
        await asyncio.wait_for(control.connected.wait(), 20)
        process.send_signal(signal.SIGINT)
        code, _ = await status(process)
        assert code == DONE


async def test_killing_it_closes_the_connection(vision, portrait_file):
    async with vision("camera", replay(portrait_file)) as (control, process):
        await control.until(Seen)
        process.kill()
        code, _ = await status(process)
        assert code == -signal.SIGKILL
        count = len(control.messages)
        await asyncio.sleep(0.3)
        assert len(control.messages) <= count + 5


@pytest.mark.parametrize(
    ("instance", "garbage"),
    [
        ("camera", b"\xff" * 64),
        ("camera", encode(Judge(1, "s", 1.0, b"\xff\xd8\xff"))),
        ("remote", struct.pack(">I", 5) + b"hello"),
        ("remote", encode(Watch(on=True))),
    ],
    ids=["camera-length", "camera-takes-no-images", "remote-types", "remote-has-no-camera"],
)
async def test_what_control_may_not_say_ends_it_and_is_said(vision, portrait_file, instance, garbage):
    async with vision(instance, replay(portrait_file)) as (control, process):
        await control.until(Hello)
        control.writer.write(garbage)
        code, errors = await status(process)
    assert code == CONTROL_LOST
    assert "protocol" in errors
    assert "Traceback" not in errors


async def test_a_control_that_stops_reading_does_not_fill_its_memory(vision, portrait_file):
    settings = replay(portrait_file, pace="fast") | {"vision": {"preview_width": 1280, "preview_fps": 30}}
    async with vision("camera", settings) as (control, process):
        await control.until(Heartbeat, 2)
        control.send(Watch(on=True))
        before = control.of(Heartbeat)[-1].resident_mb
        control.reads.clear()
        await asyncio.sleep(2.5)
        control.reads.set()
        beats = await control.until(Heartbeat, len(control.of(Heartbeat)) + 4)
        assert beats[-1].resident_mb < before + 40
        assert process.returncode is None


async def test_it_does_not_outlive_its_control(vision, portrait_file):
    async with vision("camera", replay(portrait_file)) as (control, process):
        await control.until(Seen)
        control.writer.transport.abort()
        started = boot_time()
        code, _ = await status(process)
        assert code == DONE
        assert boot_time() - started < 4
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)


async def test_a_clip_in_real_time(vision, clips):
    settings = replay(clips / "live_eyes_open_closed.mp4", loop=False)
    async with vision("camera", settings) as (control, _):
        await control.until(Hello)
        control.send(Embed(on=True))
        seen = await control.until(Seen, 130)
    observations = [message.observation for message in seen]
    assert len({observation.track for observation in observations}) == 1
    assert observations[-1].liveness.blinks == 1
    assert sum(observation.embedding is not None for observation in observations) > 20
