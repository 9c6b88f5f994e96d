"""The settings of the device itself, frozen, a sentence each. Those of camera, vision and sessions live in their packages."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Variant = Literal["camera", "pin", "card", "request_to_exit", "operator"]
"""The ways to be let in: see `device.grants`."""
Made = Literal["camera", "pin", "card"]
"""Those that something here makes a grant of; a door lists no others, as nobody could come in by them."""


class PathSettings(BaseModel):
    """Where things lie. A relative path is relative to the folder of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Annotated[Path, Field(description="Folder of the encrypted database.")] = Path("data")
    key_file: Annotated[
        Path, Field(description="File of the root key; keep it outside the data folder, and off its backups.")
    ] = Path("keys/root.key")
    run_dir: Annotated[
        Path,
        Field(description="Folder of the sockets; where its path is too long for a socket, a private one below /tmp is used."),
    ] = Path("run")


class ListenSettings(BaseModel):
    """The listener for the kiosk screen and for programs on this machine. It speaks plain HTTP and stays on loopback."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[Literal["127.0.0.1", "::1"], Field(description="Loopback address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(description="TCP port; 0 takes a free one and prints it.", ge=0, le=65535)] = 8080


class LanSettings(BaseModel):
    """The listener on the network, for clients, enrolment links and the trust page. It speaks TLS; off until `host` is set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[
        str, Field(description="Address to listen on, such as 0.0.0.0 for all of IPv4; empty: no listener on the network.")
    ] = ""
    port: Annotated[int, Field(description="TCP port; 0 takes a free one and prints it.", ge=0, le=65535)] = 8443
    certificate: Annotated[Path, Field(description="Certificate of the server, PEM; `kioskctl tls init` makes one.")] = Path(
        "tls/server.crt"
    )
    key: Annotated[Path, Field(description="Private key of the certificate, PEM, mode 0600.")] = Path("tls/server.key")
    authority: Annotated[
        Path, Field(description="Certificate of the device's own authority, which the trust page hands out.")
    ] = Path("tls/authority.crt")
    authority_key: Annotated[
        Path, Field(description="Private key of the device's own authority, needed to renew the certificate only.")
    ] = Path("tls/authority.key")
    names: Annotated[
        tuple[str, ...],
        Field(description="Host names by which clients may call the device besides those of its certificate."),
    ] = ()
    public_url: Annotated[
        str,
        Field(
            description="Address of the device in links, such as https://kiosk.example.org:8443; else by its certificate.",
            pattern=r"^(https?://[^/\s]+)?$",
        ),
    ] = ""
    plain_http_on_the_network_without_tls: Annotated[
        bool,
        Field(description="Serve without TLS: keys, faces and tokens can then be read by everybody on the network."),
    ] = False


class KioskSettings(BaseModel):
    """How a visit runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frontage: Annotated[
        Literal["staff", "public"],
        Field(
            description="Whose door it is. `public`: no embedding of a face is computed before a touch of the screen, a card, "
            "or a step into the marked zone.",
        ),
    ] = "staff"
    mark_eye_distance: Annotated[
        float,
        Field(
            description="Pixels between the eyes from which somebody stands in the marked zone of a public frontage; "
            "measure it on the mark with `kioskctl watch`.",
            ge=20,
            le=600,
        ),
    ] = 60.0
    mark_s: Annotated[
        float, Field(description="Seconds on the mark after which a face may be embedded there.", ge=0.2, le=10)
    ] = 0.6
    tap_s: Annotated[
        float, Field(description="Seconds that a touch, a card or a PIN opens a public frontage's kiosk for.", ge=3, le=120)
    ] = 15.0
    visit_timeout_s: Annotated[
        float, Field(description="Seconds from first face to a decision; then the visit is refused.", ge=3, le=60)
    ] = 8.0
    leave_s: Annotated[
        float, Field(description="Seconds without a face after which a visit counts as abandoned.", ge=0.3, le=10)
    ] = 1.5
    stale_s: Annotated[float, Field(description="Age in seconds above which an observation decides nothing.", ge=0.2, le=5)] = 1.0
    result_s: Annotated[float, Field(description="Seconds that a result stays on the screen.", ge=0.5, le=30)] = 3.0
    patience: Annotated[
        float,
        Field(
            description="How many times longer visits, results and the pad last, for people who need more time; one for all.",
            ge=1,
            le=4,
        ),
    ] = 1.0
    unhurried: Annotated[
        float,
        Field(
            description="How many times longer again all of it lasts for people who cannot hurry, once the kiosk knows them.",
            ge=1,
            le=4,
        ),
    ] = 2.0
    unhurried_groups: Annotated[
        tuple[str, ...],
        Field(description="Groups of people who cannot hurry; of one person `kioskctl user cannot USER hurry` says it."),
    ] = ()
    cooldown_s: Annotated[
        float, Field(description="Seconds of pause after the first failure of an unknown face.", ge=0, le=60)
    ] = 2.0
    cooldown_max_s: Annotated[
        float, Field(description="Longest pause: each further failure doubles it up to here.", ge=0, le=300)
    ] = 30.0
    forgive_s: Annotated[
        float, Field(description="Seconds without a face after which failures are forgotten.", ge=1, le=3600)
    ] = 60.0

    def patient(self) -> Self:
        """The same with the times for people multiplied by `patience`."""
        times = {name: getattr(self, name) * self.patience for name in ("visit_timeout_s", "leave_s", "result_s")}
        return self.model_copy(update=times)


class DoorSettings(BaseModel):
    """The door and what may open it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    driver: Annotated[
        Literal["simulated"], Field(description="What moves the lock; `simulated` only records what it would do.")
    ] = "simulated"
    pulse_s: Annotated[float, Field(description="Seconds that the door stays unlocked after a grant.", ge=0.2, le=30)] = 3.0
    grants: Annotated[
        tuple[Made, ...],
        Field(description="What may open this door: a face, a PIN, a card."),
    ] = ("camera", "pin", "card")


class LightSettings(BaseModel):
    """The screen's rest, and light for faces that are too dark: the screen's border, and a lamp where there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dim_after_s: Annotated[
        float, Field(description="Seconds without anybody and without motion after which the screen is dimmed.", ge=1, le=3600)
    ] = 20.0
    fill: Annotated[bool, Field(description="Light a face that is too dark, by the screen's border and the lamp.")] = True
    linger_s: Annotated[float, Field(description="Seconds that the light stays on after the last face.", ge=0.5, le=60)] = 3.0
    driver: Annotated[
        Literal["simulated", "gpio"], Field(description="The lamp: `gpio` switches a line; `simulated` is none.")
    ] = "simulated"
    chip: Annotated[str, Field(description="gpio: device of the chip.", pattern="^/dev/gpiochip[0-9]+$")] = "/dev/gpiochip0"
    line: Annotated[int, Field(description="gpio: number of the line on the chip.", ge=0, le=1023)] = 17
    active_low: Annotated[bool, Field(description="gpio: the lamp shines while the line is low.")] = False


class WatchSettings(BaseModel):
    """When vision counts as hung, and how soon it is started again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    progress_s: Annotated[
        float,
        Field(
            description="Seconds without a new capture after which vision is restarted; under systemd not more than the unit's "
            "`WatchdogSec` of 2.",
            ge=1,
            le=60,
        ),
    ] = 2.0
    grace_s: Annotated[
        float,
        Field(
            description="Seconds that vision may take to start; up to four times as long after early ends. "
            "Under systemd the unit's `TimeoutStartSec` of 15 is the limit, and this says from when on it counts as down.",
            ge=1,
            le=300,
        ),
    ] = 15.0
    backoff_s: Annotated[
        float, Field(description="Pause before the first restart; doubled by each further one.", ge=0.1, le=60)
    ] = 0.5
    backoff_max_s: Annotated[float, Field(description="Longest pause between restarts.", ge=0.1, le=600)] = 30.0
    keeper: Annotated[
        Literal["control", "systemd"],
        Field(description="Who starts vision, and starts it again: control itself, or systemd by the units of `make install`."),
    ] = "control"
    camera_user: Annotated[str, Field(description="User that systemd runs vision@camera as; nobody else may be it.")] = (
        "facekiosk-camera"
    )
    remote_user: Annotated[str, Field(description="User that systemd runs vision@remote as; nobody else may be it.")] = (
        "facekiosk-remote"
    )
    remote_idle_s: Annotated[
        float, Field(description="Seconds without a remote frame after which vision@remote is stopped.", ge=5, le=3600)
    ] = 120.0
    remote_memory_mb: Annotated[
        float,
        Field(
            description="Resident memory, MB, past which vision@remote is started anew in a quiet moment; "
            "half as much again, and it is done between two frames.",
            ge=200,
            le=100_000,
        ),
    ] = 800.0


class EventSettings(BaseModel):
    """How long the log of attempts, visits and door events is kept, and how it is delivered to webhooks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: Annotated[
        float, Field(description="Days after which events are destroyed; 0 keeps them for ever.", ge=0, le=36_500)
    ] = 0.0
    unknown_days: Annotated[
        float,
        Field(
            description="Days after which what is written of people who were not recognised (confidence, details) is destroyed, "
            "while the fact stays; 0 keeps it as long as the event.",
            ge=0,
            le=36_500,
        ),
    ] = 30.0
    webhook_timeout_s: Annotated[
        float, Field(description="Seconds that a webhook's receiver may take to answer.", ge=0.1, le=120)
    ] = 10.0
    webhook_backoff_s: Annotated[
        float, Field(description="Pause after a delivery's first failure; each further one doubles it.", ge=0.01, le=60)
    ] = 1.0
    webhook_backoff_max_s: Annotated[
        float, Field(description="Longest pause between two tries of a delivery, seconds.", ge=0.01, le=86_400)
    ] = 300.0


class LogSettings(BaseModel):
    """What is logged, to standard error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Annotated[Literal["debug", "info", "warning", "error"], Field(description="Least severity that is written.")] = "info"
