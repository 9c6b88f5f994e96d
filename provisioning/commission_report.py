"""The report of a commissioning: a JSON file that each step is added to, so that it can be gone on with, and the same as text."""

from pathlib import Path

import msgspec

from provisioning.commission_steps import PARTS, Judged, steps

OUTCOMES = ("granted", "refused", "abandoned")


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """One person's walk up to the kiosk."""

    person: int
    expected: str
    """`granted` for somebody enrolled, `refused` for somebody who is not."""
    outcome: str
    reason: str
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the kiosk did as expected; a visitor who is not enrolled may also be left without an outcome."""
        return self.outcome == self.expected or (self.expected == "refused" and self.outcome == "abandoned")


class Report(msgspec.Struct, kw_only=True):
    """All that was done so far."""

    version: int = 1
    device: str = ""
    camera: str = ""
    begun_at: str = ""
    steps: list[Judged] = []
    walks: list[Walk] = []

    def done(self) -> set[str]:
        """Ids of the steps that were done."""
        return {judged.step for judged in self.steps}

    def put(self, judged: Judged) -> None:
        """Add a step, in the place of an earlier try of it."""
        self.steps = [each for each in self.steps if each.step != judged.step] + [judged]


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


def save(path: Path, report: Report) -> None:
    """Write the report and, beside it, its text; whole or not at all. `OSError`: it cannot be written."""
    for target, content in (
        (path, msgspec.json.format(msgspec.json.encode(report))),
        (path.with_suffix(".txt"), text(report).encode()),
    ):
        draft = target.with_name(f".{target.name}")
        draft.write_bytes(content + b"\n" * (not content.endswith(b"\n")))
        draft.replace(target)


def text(report: Report) -> str:
    """The report for a folder on a shelf."""
    lines = [f"Commissioning of {report.device}, camera {report.camera}, begun {report.begun_at}", ""]
    known = {judged.step: judged for judged in report.steps}
    for part in PARTS:
        lines.append(f"By {part}: eyes px, sharpness, face's grey, clipped, seen, usable")
        lines += [_line(step.id, known.get(step.id)) for step in steps(part)]
        lines.append("")
    right = sum(walk.right for walk in report.walks)
    lines.append(f"Walk test: {right} of {len(report.walks)} as expected")
    for walk in report.walks:
        mark = "ok " if walk.right else "NOT"
        said = f"expected {walk.expected}, {walk.outcome or 'no visit'} {walk.reason}".rstrip()
        lines.append(f"  {mark} person {walk.person}: {said}, {walk.seconds:.1f} s")
    return "\n".join(lines) + "\n"


def _line(name: str, judged: Judged | None) -> str:
    if judged is None:
        return f"  --  {name}: not done"
    found = judged.measured
    picture = f"{found.eye_distance:.0f}, {found.sharpness:.2f}, {found.exposure:.0f}, {found.clipping:.2f}"
    numbers = f"{picture}, {found.seen:.0%}, {found.usable:.0%}"
    return f"  {'NOT' if judged.problems else 'ok '} {name}: {numbers}" + "".join(f"\n        {said}" for said in judged.problems)
