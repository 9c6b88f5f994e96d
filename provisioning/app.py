"""kioskctl: the commands put together. What an interrupt or wrong usage comes to is `provisioning.main`'s."""

import typer

from provisioning import camera, check, clients, clock, models, operators, tls, users, webhooks
from provisioning.commission import commission
from provisioning.enroll import enroll
from provisioning.enroll_link import enroll_link
from provisioning.health import health
from provisioning.init import init
from provisioning.run import run
from provisioning.status import status
from provisioning.visits import log
from provisioning.watch import watch

app = typer.Typer(
    name="kioskctl",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Set up and administer a face-authentication kiosk.\n\n"
    "While the kiosk runs, commands go to it; while it does not, kioskctl works on its data itself.\n\n"
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted.",
)
for command in (init, run, enroll, log, watch, status, health, commission):
    app.command()(command)
app.command("enroll-link")(enroll_link)
app.add_typer(clients.app, name="client")
app.add_typer(users.app, name="user")
app.add_typer(operators.app, name="operator")
app.add_typer(models.app, name="model")
app.add_typer(camera.app, name="camera")
app.add_typer(clock.app, name="clock")
app.add_typer(check.app, name="config")
app.add_typer(tls.app, name="tls")
app.add_typer(webhooks.app, name="webhook")
