"""Trying a model before it is used: its networks are run in a process of their own, as control has no runtime for them."""

import asyncio
import sys
from pathlib import Path

import msgspec

from device.supervisor import scrubbed
from inference.manifest import ManifestError, read_listing

PROBE_S = 120.0
"""Seconds that trying a model may take."""


class ModelVerified(msgspec.Struct, frozen=True, kw_only=True):
    """How one model did."""

    model_id: str
    manifest: str
    ok: bool
    message: str
    """Why not; empty when all is well."""
    kind: str = ""
    runtime: str = ""
    milliseconds: float | None = None
    """Of one face, now, on this machine."""


async def tried(manifest: Path) -> list[ModelVerified]:
    """Check a manifest's networks and try them: how each did, or the first that failed."""
    command = (sys.executable, "-m", "inference.model_check", str(manifest))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=scrubbed())
    try:
        async with asyncio.timeout(PROBE_S):
            told, trouble = await process.communicate()
    except TimeoutError:
        return [_failed(manifest, f"{manifest}: the model did not answer within {PROBE_S:g} s")]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = trouble.decode(errors="replace").strip().splitlines()
        return [_failed(manifest, lines[-1] if lines else f"{manifest}: the model could not be tried")]
    return [_worked(manifest, line) for line in told.splitlines()]


class _Tried(msgspec.Struct, frozen=True):
    id: str
    kind: str
    runtime: str
    milliseconds: float


def _worked(manifest: Path, line: bytes) -> ModelVerified:
    found = msgspec.json.decode(line, type=_Tried)
    return ModelVerified(
        model_id=found.id,
        manifest=str(manifest),
        ok=True,
        message="",
        kind=found.kind,
        runtime=found.runtime,
        milliseconds=found.milliseconds,
    )


def _failed(manifest: Path, message: str) -> ModelVerified:
    try:
        model = next(iter(read_listing(manifest).models), None)
    except ManifestError:
        model = None
    return ModelVerified(model_id="" if model is None else model.id, manifest=str(manifest), ok=False, message=message)
