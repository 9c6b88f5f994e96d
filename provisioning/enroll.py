"""`kioskctl enroll`: a person of the device's own realm, from photos or at its camera."""

import mimetypes
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, TypedDict

import typer
from rich.progress import Progress

from device.admin import Console
from device.command import OperationRefused
from device.enroll_commands import EnrollCamera, Enrolled, EnrollPhotos, EnrollProgress, Photo, PhotoJudged
from provisioning.link import carry_out
from provisioning.options import Common, ConfigOption, JsonOption, UserArgument
from provisioning.output import Output

MOST_PHOTOS = 100

BasisOption = Annotated[
    str, typer.Option("--basis", metavar="KIND", help="Ground on which the template is kept: consent, agreement or law.")
]


class _Said(TypedDict):
    display_name: str | None
    basis: str
    basis_text: str
    look: str


def enroll(
    user: UserArgument,
    photos: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PHOTOS",
            help="JPEG, PNG or WebP files, or folders of them; five different ones are best.",
            exists=True,
            readable=True,
        ),
    ] = None,
    camera: Annotated[bool, typer.Option("--camera", help="Enrol at the device's own camera instead.")] = False,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Name shown on the screen.")] = None,
    basis: BasisOption = "",
    basis_text: Annotated[
        str, typer.Option("--basis-text", metavar="VERSION", help="Version of the text that the person was shown.")
    ] = "",
    look: Annotated[
        str,
        typer.Option("--look", metavar="NAME", help="Add a look beside the ordinary one, such as glasses."),
    ] = "",
    allow_duplicate: Annotated[
        bool, typer.Option("--allow-duplicate", help="Enrol although the device knows the face under another id.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enrol a person, from photos or at the camera. The door then knows the person.

    One enrolment is stored: the average of all photos that can be used. Each photo is told apart: its quality, or why it was
    refused. It fails when none can be used.

    Examples: kioskctl enroll grace grace1.jpg grace2.jpg --name "Grace Hopper"; kioskctl enroll me --camera;
    kioskctl enroll me --camera --look glasses
    """
    if camera == bool(photos):
        raise typer.BadParameter("name photos, or say --camera, not both")
    files = photo_files(photos or [])
    if photos and not files:
        raise typer.BadParameter("there is no photo in what was named", param_hint="PHOTOS")
    if len(files) > MOST_PHOTOS:
        raise typer.BadParameter(f"{len(files)} photos; at most {MOST_PHOTOS} at once", param_hint="PHOTOS")

    said: _Said = {"display_name": name, "basis": basis, "basis_text": basis_text, "look": look}

    async def work(console: Console, out: Output) -> None:
        if camera:
            await _at_camera(console, out, EnrollCamera(user_id=user, **said))
        else:
            command = EnrollPhotos(user_id=user, photos=len(files), allow_duplicate=allow_duplicate, **said)
            await _from_photos(console, out, command, files)

    carry_out(Common(config, as_json), work)


def photo_files(named: list[Path]) -> list[Path]:
    """The files named, and for each folder its photos by name."""
    return [file for path in named for file in (_photos_in(path) if path.is_dir() else [path])]


def _photos_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if (mimetypes.guess_type(path.name)[0] or "").startswith("image/"))


async def read_photos(files: list[Path]) -> AsyncIterator[Photo]:
    """The files' bytes, one at a time."""
    for file in files:
        yield Photo(str(file), file.read_bytes())


async def _from_photos(console: Console, out: Output, command: EnrollPhotos, files: list[Path]) -> None:
    judged: list[PhotoJudged] = []
    enrolled: Enrolled | None = None
    try:
        with Progress(console=out.errors, transient=True, disable=out.as_json) as progress:
            task = progress.add_task("looking at the photos", total=len(files))
            async with aclosing(console.perform(command, read_photos(files))) as replies:
                async for reply in replies:
                    match reply:
                        case PhotoJudged():
                            judged.append(reply)
                            progress.advance(task)
                            _say_photo(reply, out)
                        case Enrolled():
                            enrolled = reply
                        case _:
                            pass
    except OperationRefused as error:
        out.fail(error.code, str(error), photos=judged)
    out.document({"photos": judged, "enrollment": enrolled})
    _say_enrolled(enrolled, out)


def _say_photo(reply: PhotoJudged, out: Output) -> None:
    quality = "" if reply.quality_score is None else f"  quality {reply.quality_score:.2f}"
    if reply.accepted:
        out.say(f"accepted  {reply.name}{quality}", style="green")
    else:
        out.say(f"refused   {reply.name}{quality}  {reply.reason}: {reply.message}", style="yellow")


async def _at_camera(console: Console, out: Output, command: EnrollCamera) -> None:
    enrolled: Enrolled | None = None
    with Progress(console=out.errors, transient=True, disable=out.as_json) as progress:
        task = progress.add_task("look at the camera", total=None)
        async with aclosing(console.perform(command)) as replies:
            async for reply in replies:
                match reply:
                    case EnrollProgress():
                        said = (reply.condition or reply.instruction or "looking").replace("_", " ")
                        progress.update(task, completed=reply.completed_samples, total=reply.target_samples, description=said)
                        if not progress.console.is_terminal:
                            out.say(f"{reply.completed_samples}/{reply.target_samples}  {said}")
                    case Enrolled():
                        enrolled = reply
                    case _:
                        pass
    out.document({"enrollment": enrolled})
    _say_enrolled(enrolled, out)


def _say_enrolled(enrolled: Enrolled | None, out: Output) -> None:
    if enrolled is not None:
        live = "with liveness" if enrolled.liveness_verified else "without liveness"
        out.say(
            f"enrolled {enrolled.user_id}: {enrolled.samples} sample(s), quality {enrolled.quality_score:.2f}, {live}, "
            f"door {enrolled.door} ({enrolled.enrollment_id})"
        )
