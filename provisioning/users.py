"""`kioskctl user`: the people the device knows."""

from typing import Annotated

import typer

from api.records import LOCAL
from device.factor_commands import UserCannot, UserCannotDo, UserGroups, UserInGroups
from device.needs import HURRY
from device.person_commands import People, PersonDetail, PersonView, UserErase, UserErased, UserList, UserShow
from device.user_commands import LockoutView, UserConfirm, UserConfirmed, UserUnlock, UserUnlocked
from provisioning import cards, pins
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption, RealmOption, UserArgument, YesOption
from provisioning.output import Output

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The people the device knows.")


@app.command("list")
def list_users(realm: RealmOption = LOCAL, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the people of a realm."""
    question(Common(config, as_json), UserList(realm=realm), People, _show_people)


@app.command("show")
def show(user: UserArgument, realm: RealmOption = LOCAL, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one person and the enrolments."""
    question(Common(config, as_json), UserShow(user_id=user, realm=realm), PersonDetail, _show_person)


@app.command("erase")
def erase(
    user: UserArgument,
    realm: RealmOption = LOCAL,
    yes: YesOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a person: key, templates and personal fields are destroyed, at once and for good.

    Example: kioskctl user erase grace --yes
    """
    if not yes:
        typer.confirm(f"Erase {user} of realm {realm} for good?", abort=True, err=True)
    question(Common(config, as_json), UserErase(user_id=user, realm=realm), UserErased, _show_erased)


@app.command("confirm")
def confirm(
    user: UserArgument,
    enrollment: Annotated[
        str | None, typer.Option("--enrollment", metavar="ID", help="Only this enrolment, of those that `user show` lists.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the door know a person whose enrolments, made by a client or a link, are pending.

    Example: kioskctl user confirm grace
    """
    question(Common(config, as_json), UserConfirm(user_id=user, enrollment_id=enrollment), UserConfirmed, _show_confirmed)


@app.command("unlock")
def unlock(user: UserArgument, realm: RealmOption = LOCAL, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Forget the failures that lock a user out of remote sessions.

    Example: kioskctl user unlock grace --realm staff
    """
    question(Common(config, as_json), UserUnlock(user_id=user, realm=realm), UserUnlocked, _show_unlocked)


app.add_typer(pins.app, name="pin")
app.add_typer(cards.app, name="card")


@app.command("cannot")
def cannot(
    user: UserArgument,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WHAT]...", help="turn (the head), close_eyes, hurry; nothing: everything can be asked."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what a person cannot do: no challenge asks for it, and PIN or card make up for it.

    Who cannot hurry has longer for everything instead, as long as the configuration's `unhurried` says.

    Example: kioskctl user cannot grace turn
    """
    command = UserCannot(user_id=user, cannot=tuple(what or ()))  # type: ignore[arg-type]  # checked where it is carried out
    question(Common(config, as_json), command, UserCannotDo, _show_cannot)


def _show_cannot(reply: UserCannotDo, out: Output) -> None:
    asked = [word for word in reply.cannot if word != HURRY]
    out.say(f"{reply.user_id} is never asked for: {', '.join(asked) or 'nothing left out'}")
    if HURRY in reply.cannot:
        out.say(f"{reply.user_id} has longer for everything, once the kiosk knows who it is")


@app.command("groups")
def groups(
    user: UserArgument,
    named: Annotated[
        list[str] | None, typer.Argument(metavar="[GROUP]...", help="All of the person's groups from now on; none: show them.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the person out of all groups.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a person's groups, or say which they are: for `[liveness] groups`, always challenged, and `unhurried_groups`.

    Examples: kioskctl user groups grace night-shift contractors; kioskctl user groups grace --clear
    """
    if clear and named:
        raise typer.BadParameter("name groups, or --clear them")
    command = UserGroups(user_id=user, groups=tuple(named) if named else () if clear else None)
    question(Common(config, as_json), command, UserInGroups, _show_groups)


def _show_groups(reply: UserInGroups, out: Output) -> None:
    out.say(f"{reply.user_id} is of the groups: {', '.join(reply.groups)}" if reply.groups else f"{reply.user_id} is of no group")


def _show_people(reply: People, out: Output) -> None:
    if not reply.people:
        out.say("nobody; enrol somebody with `kioskctl enroll USER PHOTO…` or `kioskctl enroll USER --camera`")
        return
    rows = [
        (view.user_id, view.display_name, view.status, str(view.enrollments), _door(view), _again(view)) for view in reply.people
    ]
    out.table(("user", "name", "status", "enrolments", "door", ""), rows)


def _show_person(reply: PersonDetail, out: Output) -> None:
    view = reply.person
    out.say(f"{view.user_id}  {view.display_name}".rstrip())
    out.say(f"realm {view.realm}, {view.status}, door: {_door(view)}, since {view.created_at or 'unknown'}")
    if view.enroll_again:
        out.say(_again(view), style="yellow")
    if view.groups:
        out.say(f"groups: {', '.join(view.groups)}")
    if view.valid_from or view.valid_until:
        out.say(f"valid from {view.valid_from or 'always'} until {view.valid_until or 'always'}")
    rows = [
        (
            each.enrollment_id,
            each.label or "ordinary",
            each.origin,
            each.door,
            str(each.samples),
            f"{each.quality_score:.2f}",
            "yes" if each.liveness_verified else "no",
            "duplicate" if each.duplicate else "",
            each.created_at or "",
        )
        for each in reply.enrollments
    ]
    out.table(("enrolment", "look", "from", "door", "samples", "quality", "live", "face", "created"), rows)
    out.say(_locked(reply.lockout))
    out.say(f"PIN to user number {reply.pin_number}" if reply.pin_number else "no PIN")
    out.say(f"cards: {', '.join(reply.cards) or 'none'}")
    if reply.cannot:
        out.say(f"cannot: {', '.join(reply.cannot)}")


def _locked(lockout: LockoutView) -> str:
    if lockout.disabled:
        return f"locked out of remote sessions after {lockout.failures} failures in a row; lift it with `kioskctl user unlock`"
    if lockout.wait_s:
        return f"locked out of remote sessions for {lockout.wait_s:.0f} s more, after {lockout.failures} failures in a row"
    return f"not locked out; {lockout.failures} failure(s) in a row"


def _show_erased(reply: UserErased, out: Output) -> None:
    out.say(f"{reply.user_id} of realm {reply.realm} is erased, with {reply.enrollments} enrolment(s)")


def _show_confirmed(reply: UserConfirmed, out: Output) -> None:
    out.say(f"the door knows {reply.user_id} now: {reply.enrollments} enrolment(s) confirmed")


def _show_unlocked(reply: UserUnlocked, out: Output) -> None:
    out.say(f"{reply.user_id} of realm {reply.realm} is not locked out; {reply.failures} failure(s) in a row forgotten")


def _again(view: PersonView) -> str:
    return "must enrol again: no enrolment is of the model in use" * view.enroll_again


def _door(view: PersonView) -> str:
    return "known" if view.door else "not known"
