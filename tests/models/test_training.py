"""The training itself, a few steps on drawn pictures: killed and started again, and given what it cannot work with."""

import csv
import io
import json
import shutil
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
TEACHERS = ROOT.parent / "shared" / "teachers"
TEACHER = TEACHERS / "mobilefacenet_apache_112_128d.onnx"
HEAD = "source,file,age,sex,group,leye_x,leye_y,reye_x,reye_y,nose_x,nose_y,lmouth_x,lmouth_y,rmouth_x,rmouth_y"

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not TEACHER.is_file(), reason=f"the teacher is not at {TEACHER}"),
]


@pytest.fixture(scope="module", autouse=True)
def environment() -> None:
    """PyTorch, in the recipe's own environment: minutes, the first time."""
    requirements = "models/build/embedding/training/requirements"
    made = f". models/build/environment.sh; environment .venv-training PyTorch {requirements}.txt {requirements}-cuda.txt"
    subprocess.run(["bash", "-euc", made], cwd=ROOT, check=True, timeout=1100)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """160 pictures of noise, of one sex and group."""
    folder, random = tmp_path_factory.mktemp("train"), np.random.default_rng(1)
    rows = [HEAD]
    with tarfile.open(folder / "drawn.tar", "w") as archive:
        for number in range(160):
            grain = random.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            _, content = cv2.imencode(".webp", cv2.resize(grain, (192, 192)), [cv2.IMWRITE_WEBP_QUALITY, 80])
            member = tarfile.TarInfo(f"{number:05}.webp")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.tobytes()))
            rows.append(f"drawn,{number:05}.webp,30,f,drawn,67,80,122,81,97,107,72,140,118,137")
    (folder / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def command(photos: Path, work: Path, teacher: Path = TEACHER, steps: int = 3) -> list[str]:
    python = str(ROOT / ".venv-training" / "bin" / "python")
    sizes = ["--steps", str(steps), "--morphs", "16", "--threads", "2"]
    return [
        python,
        "-m",
        "embedding.training.main",
        "--data",
        str(photos),
        "--teacher",
        str(teacher),
        "--work",
        str(work),
        *sizes,
    ]


def start(arguments: list[str]) -> "subprocess.Popen[str]":
    environment = {"PYTHONPATH": f"{ROOT / 'models' / 'build'}:{ROOT}", "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(arguments: list[str]) -> tuple[int, str]:
    process = start(arguments)
    output, _ = process.communicate(timeout=600)
    return process.returncode, output


def test_a_killed_run_goes_on_and_ends_with_weights_that_answer(photos: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    process = start(command(photos, work))
    while process.poll() is None and not (work / "targets.npy").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert not (work / "distilled.npz").exists()
    status, output = run(command(photos, work))
    assert status == 0, output
    assert "min left" in output
    curve = json.loads((work / "curve.json").read_text(encoding="utf-8"))
    assert curve["plan"]["steps"] == 3
    assert -1 <= curve["curve"][-1]["validation_cosine"] <= 1
    with np.load(work / "distilled.npz") as weights:
        assert weights["answers"].shape == (20, 128)
        assert np.isfinite(weights["answers"]).all()
    assert not list(work.glob("*.partial*"))
    status, output = run(command(photos, work, steps=4))
    assert status == 1
    assert "of another plan" in output


def test_what_it_cannot_work_with_is_named(photos: Path, tmp_path: Path) -> None:
    damaged, columns = tmp_path / "damaged", tmp_path / "columns"
    shutil.copytree(photos, damaged)
    (damaged / "drawn.tar").write_bytes((photos / "drawn.tar").read_bytes()[:50_000])
    shutil.copytree(photos, columns)
    with (photos / "index.csv").open(encoding="utf-8") as file:
        kept = [row[:5] for row in csv.reader(file)]
    (columns / "index.csv").write_text("\n".join(map(",".join, kept)), encoding="utf-8")
    another = sorted(TEACHERS.glob("*80x80*.onnx")) or sorted(set(TEACHERS.glob("*.onnx")) - {TEACHER})
    text = tmp_path / "teacher.onnx"
    text.write_text("no network", encoding="utf-8")
    for folder, teacher, sentence in (
        (photos, tmp_path / "absent.onnx", "no teacher at"),
        (photos, text, "not an ONNX file"),
        (photos, another[0], "a teacher takes"),
        (tmp_path / "nowhere", TEACHER, "index.csv: absent"),
        (columns, TEACHER, "of another form"),
        (damaged, TEACHER, str(damaged)),
    ):
        status, output = run(command(folder, tmp_path / "work", teacher))
        assert status == 1, output
        assert "error:" in output
        assert sentence in output
        assert "Traceback" not in output
    assert not list((tmp_path / "work").glob("*.npz"))
