"""The walk test of a commissioning: people walk up one after the other, and what the kiosk made of each is written down."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from device.command import OperationRefused
from device.commands import AnyReply
from device.person_commands import PersonDetail, UserShow
from device.status_commands import VisitLog, VisitView
from provisioning.commission_report import Walk
from provisioning.commission_site import Site, prompt, tell, yes


@dataclass(frozen=True, slots=True)
class _Walker:
    """Who walks up; `user_id` None: nobody whom the door knows."""

    user_id: str | None


def walk_test(site: Site, *, again: bool) -> None:
    """Do what is left of it, or all of it `again`."""
    report = site.report
    left = report.people - (0 if again else len(report.walks))
    if left <= 0 or not yes(f"Walk test, {left} people to come: now?"):
        return
    if again:
        report.walks = []
    while len(report.walks) < report.people:
        if not _person(site, len(report.walks) + 1):
            return


def _person(site: Site, number: int) -> bool:
    """One person, as often as the installer wants it; False: the rest another time."""
    anew = 0
    while (walker := _walker(site, number)) is not None:
        site.report.walks.append(_walked(site, number, walker, anew))
        site.keep()
        if prompt("  Enter keeps it, a does this person again").lower() != "a":
            return True
        site.report.walks.pop()
        site.keep()
        anew += 1
    return False


def _walker(site: Site, number: int) -> _Walker | None:
    """Who is next; None: nobody now."""
    public = site.report.mark_px is not None
    while True:
        said = prompt(
            f"Person {number} of {site.report.people}: e and their id if enrolled (e ada), n if not, q to go on another time; "
            f"then they walk up{' and touch the screen, or stand on the mark' if public else ''}"
        )
        what, _, user_id = said.partition(" ")
        if what.lower() == "q":
            return None
        if what.lower() == "n":
            return _Walker(None)
        if what.lower() == "e" and (known := _known(site, user_id.strip() or prompt("  their id, as in `kioskctl user list`"))):
            return _Walker(known)


def _known(site: Site, user_id: str) -> str:
    """The id where the door knows the person; else why not is told, and the id is empty."""
    if not user_id:
        return ""
    try:
        person = site.ask(UserShow(user_id=user_id), PersonDetail).person
    except OperationRefused as error:
        tell(f"  {error}")
        return ""
    if not person.door:
        tell(f"  the door does not know {user_id} yet; see `kioskctl user show {user_id}`")
        return ""
    return user_id


def _walked(site: Site, number: int, walker: _Walker, anew: int) -> Walk:
    began = time.monotonic()
    visit = asyncio.run(_next_visit(site, began))
    if visit is None:
        tell("  no visit was seen")
    else:
        tell(f"  {visit.outcome}, {visit.reason}, {visit.duration_ms / 1000:.1f} s")
    walk = judged(number, walker.user_id, visit, time.monotonic() - began, anew)
    if walk.other:
        tell("  ! taken for somebody else")
    return walk


def judged(number: int, user_id: str | None, visit: VisitView | None, waited: float, anew: int = 0) -> Walk:
    """What a visit says of a person; ids stay out of it, since nobody can be erased from a report.

    Args:
        number: of the person in the walk test.
        user_id: of the person; None: nobody whom the door knows.
        visit: what came of it; None: nothing.
        waited: seconds, where there was no visit.
        anew: how often it was done before.
    """
    expected = "refused" if user_id is None else "granted"
    if visit is None:
        return Walk(person=number, expected=expected, outcome="", reason="", seconds=round(waited, 1), anew=anew)
    return Walk(
        person=number,
        expected=expected,
        outcome=visit.outcome,
        reason=visit.reason,
        seconds=round(visit.duration_ms / 1000, 1),
        other=visit.user_id != user_id if visit.outcome == "granted" else visit.user_id not in (None, user_id),
        anew=anew,
    )


async def _next_visit(site: Site, since: float) -> VisitView | None:
    """The next visit that begins after `since` (monotonic seconds) and ends; None when none did in time."""
    replies: AsyncGenerator[AnyReply, None] = site.kiosk.perform(VisitLog(count=0, follow=True))
    try:
        async with asyncio.timeout(site.wait_s), aclosing(replies):
            async for reply in replies:
                if not isinstance(reply, VisitView):
                    continue
                if time.monotonic() - reply.duration_ms / 1000 >= since:
                    return reply
                tell("  (a visit that had begun before does not count; whoever stood there steps back and walks up anew)")
    except TimeoutError:
        pass
    return None
