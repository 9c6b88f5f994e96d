"""`kioskctl webhook`: where events are delivered to."""

from typing import Annotated

import typer

from api.records import LOCAL
from device.admin import Console
from device.webhook_commands import (
    WebhookAdd,
    WebhookAdded,
    WebhookList,
    WebhookRemove,
    WebhookRemoved,
    WebhookRotate,
    WebhookRotated,
    WebhookTest,
    WebhookTested,
    WebhookViews,
)
from provisioning.link import ask, carry_out, question
from provisioning.options import Common, ConfigOption, JsonOption, OverlapOption, RealmOption
from provisioning.output import Output

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Where events are delivered to.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the webhook is called in lists and logs.")]


@app.command("add")
def add(
    name: NameArgument,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Address of the receiver: https, or plain http to this machine itself.")
    ],
    realm: RealmOption = LOCAL,
    backlog: Annotated[bool, typer.Option("--backlog", help="Begin with the oldest event kept; else with the next one.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deliver a realm's events to an address, and show the secret that signs them, this once.

    Example: kioskctl webhook add intranet https://intranet.example.org/door-events
    """
    question(Common(config, as_json), WebhookAdd(name=name, url=url, realm=realm, backlog=backlog), WebhookAdded, _show_added)


@app.command("list")
def list_webhooks(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the webhooks, how far each has come, and what is wrong with it."""
    question(Common(config, as_json), WebhookList(), WebhookViews, _show_webhooks)


@app.command("remove")
def remove(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Deliver no more to a webhook."""
    question(Common(config, as_json), WebhookRemove(name=name), WebhookRemoved, _show_removed)


@app.command("rotate")
def rotate(name: NameArgument, overlap: OverlapOption = 24.0, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Sign a webhook's messages with a new secret and show it, this once; for a while they are signed with both.

    Example: kioskctl webhook rotate intranet --overlap 48
    """
    question(Common(config, as_json), WebhookRotate(name=name, overlap_hours=overlap), WebhookRotated, _show_rotated)


@app.command("test")
def send_test(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Send one signed message without events, now, and say what came of it."""

    async def work(console: Console, out: Output) -> None:
        reply = await ask(console, WebhookTest(name=name), WebhookTested)
        if not reply.delivered:
            out.fail("webhook_failed", f"{reply.name}: {reply.trouble}", milliseconds=reply.milliseconds)
        out.document(reply)
        out.say(f"{reply.name}: delivered in {reply.milliseconds} ms")

    carry_out(Common(config, as_json), work)


def _show_added(reply: WebhookAdded, out: Output) -> None:
    out.say(
        f"webhook {reply.name} ({reply.webhook_id}): events of realm {reply.realm} after number {reply.cursor} go to {reply.url}"
    )
    _show_secret(reply.secret, out)


def _show_rotated(reply: WebhookRotated, out: Output) -> None:
    until = f"messages are signed with the secret before too until {reply.former_until}"
    out.say(f"webhook {reply.name}: {until if reply.former_until else 'the secret before is used no more'}")
    _show_secret(reply.secret, out)


def _show_secret(secret: str, out: Output) -> None:
    out.say("Secret by which the receiver checks signatures, shown this once:")
    out.say(secret, style="bold")


def _show_webhooks(reply: WebhookViews, out: Output) -> None:
    if not reply.webhooks:
        out.say("no webhooks; add one with `kioskctl webhook add NAME URL`")
        return
    rows = [
        (
            view.name,
            view.url,
            view.realm,
            f"{view.cursor} of {reply.newest}",
            view.delivered_at or "",
            f"{view.failures} failure(s): {view.trouble}" if view.failures else "",
        )
        for view in reply.webhooks
    ]
    out.table(("name", "address", "realm", "event", "delivered", "trouble"), rows)


def _show_removed(reply: WebhookRemoved, out: Output) -> None:
    out.say(f"webhook {reply.name} is removed")
