"""The report of a commissioning: a JSON file that each step is added to, so that it can be gone on with, and the same as text."""

from pathlib import Path
from typing import Literal

import msgspec

from provisioning.commission_steps import PARTS, Judged, Step, steps

PEOPLE = 10
"""Who walk up in a walk test, where nobody says otherwise."""

Verdict = Literal["passed", "incomplete", "faulty"]


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """One person's walk up to the kiosk."""

    person: int
    expected: str
    """`granted` for somebody enrolled, `refused` for somebody who is not."""
    outcome: str
    reason: str
    seconds: float
    other: bool = False
    """Taken for somebody else."""
    anew: int = 0
    """How often it was done before, and not kept."""

    @property
    def right(self) -> bool:
        """Whether the kiosk did as expected, by the face; a visitor who is not enrolled may also be left without an outcome."""
        if self.other or self.reason in ("pin", "card"):
            return False
        return self.outcome == self.expected or (self.expected == "refused" and self.outcome == "abandoned")


class Report(msgspec.Struct, kw_only=True):
    """All that was done so far."""

    version: int = 1
    device: str = ""
    camera: str = ""
    begun_at: str = ""
    verdict: Verdict = "incomplete"
    """What all of it comes to; set whenever it is saved."""
    people: int = PEOPLE
    """How many are to walk up."""
    mark_px: float | None = None
    """On a public frontage: from how many pixels between the eyes somebody is on the mark."""
    steps: list[Judged] = []
    walks: list[Walk] = []

    def asked(self, part: str = "") -> list[Step]:
        """The steps of a part, or of both."""
        return [step for each in PARTS if part in ("", each) for step in steps(each, self.mark_px)]

    def left(self, part: str) -> list[Step]:
        """The steps of a part that were not done, or not well."""
        well = {judged.step for judged in self.steps if not judged.problems}
        return [step for step in self.asked(part) if step.id not in well]

    def at_mark(self, mark_px: float | None) -> None:
        """The kiosk has its mark here; what was found at another one counts no more."""
        if mark_px != self.mark_px:
            stale = {step.id for step in self.asked() if step.zone}
            self.steps = [judged for judged in self.steps if judged.step not in stale]
        self.mark_px = mark_px

    def put(self, judged: Judged) -> None:
        """Add a step, in the place of an earlier try of it."""
        self.steps = [each for each in self.steps if each.step != judged.step] + [judged]

    def verdict_of(self, part: str = "") -> Verdict:
        """What one part comes to, `day`, `night` or `walk`; of all of it, where none is named."""
        asked, walked = {step.id for step in self.asked(part)}, part in ("", "walk")
        if any(judged.problems for judged in self.steps if judged.step in asked):
            return "faulty"
        if walked and not all(walk.right for walk in self.walks):
            return "faulty"
        missing = asked - {judged.step for judged in self.steps}
        return "incomplete" if missing or (walked and len(self.walks) < self.people) else "passed"


class ReportUnreadable(Exception):
    """The file is there, but is no report."""


def load(path: Path) -> Report:
    """The report so far; a new one where there is none. `ReportUnreadable`: something else is there."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except FileNotFoundError:
        return Report()
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ReportUnreadable(f"{path} is no report of kioskctl commission ({error}); name another with --report") from error


def text_file(path: Path) -> Path:
    """Where the text of the report goes."""
    return path.with_suffix(".txt")


def save(path: Path, report: Report) -> None:
    """Write the report and, beside it, its text; whole or not at all. `OSError`: it cannot be written.

    Raises:
        ValueError: the text would be written over the report.
    """
    if text_file(path) == path:
        raise ValueError(f"{path} is where the text would go")
    report.verdict = report.verdict_of()
    for target, content in (
        (path, msgspec.json.format(msgspec.json.encode(report))),
        (text_file(path), text(report).encode()),
    ):
        draft = target.with_name(f".{target.name}")
        draft.write_bytes(content + b"\n" * (not content.endswith(b"\n")))
        draft.replace(target)


def text(report: Report) -> str:
    """The report for a folder on a shelf."""
    lines = [f"Commissioning of {report.device}, camera {report.camera}, begun {report.begun_at}", said_of(report), ""]
    known = {judged.step: judged for judged in report.steps}
    for part in PARTS:
        lines.append(f"By {part}: eyes px, sharpness, face's grey, clipped, pitch, seen, usable")
        lines += [_line(step.id, known.get(step.id)) for step in report.asked(part)]
        lines.append("")
    right = sum(walk.right for walk in report.walks)
    left = len(report.walks) < report.people
    lines.append(f"Walk test: {right} of {report.people} as expected{', incomplete' if left else ''}")
    lines += [_walk_line(walk) for walk in report.walks]
    return "\n".join(lines) + "\n"


def said_of(report: Report) -> str:
    """The verdict in a line."""
    asked = {step.id for step in report.asked()}
    done = [judged for judged in report.steps if judged.step in asked]
    wrong = sum(bool(judged.problems) for judged in done) + sum(not walk.right for walk in report.walks)
    said = f"{len(done)} of {len(asked)} steps and {len(report.walks)} of {report.people} people done"
    words = {
        "passed": "PASSED",
        "incomplete": "INCOMPLETE, nothing wrong so far",
        "faulty": f"NOT PASSED, {wrong} not as they should be",
    }
    return f"Verdict: {words[report.verdict_of()]}; {said}"


def _walk_line(walk: Walk) -> str:
    said = f"expected {walk.expected}, {walk.outcome or 'no visit'} {walk.reason}".rstrip()
    said += ", taken for somebody else" if walk.other else ""
    said += f", {walk.seconds:.1f} s"
    said += f", done anew {walk.anew} time(s)" if walk.anew else ""
    return f"  {'ok ' if walk.right else 'NOT'} person {walk.person}: {said}"


def _line(name: str, judged: Judged | None) -> str:
    if judged is None:
        return f"  --  {name}: not done"
    found = judged.measured
    picture = f"{found.eye_distance:.0f}, {found.sharpness:.2f}, {found.exposure:.0f}, {found.clipping:.2f}, {found.pitch:.0f}°"
    numbers = f"{picture}, {found.seen:.0%}, {found.usable:.0%}"
    return f"  {'NOT' if judged.problems else 'ok '} {name}: {numbers}" + "".join(f"\n        {said}" for said in judged.problems)
