"""`kioskctl status`: how the device is."""

from device.status_commands import DeviceStatus, StatusQuery, VisionStatus
from provisioning.link import question
from provisioning.options import Common, ConfigOption, JsonOption
from provisioning.output import Output, listed


def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show whether the kiosk runs, its camera, vision, model, people and door."""
    question(Common(config, as_json), StatusQuery(), DeviceStatus, _show)


def _show(reply: DeviceStatus, out: Output) -> None:
    running = f"running for {_duration(reply.uptime_s)}" if reply.control else "not running (start it with `kioskctl run`)"
    out.say(f"kiosk       {running}, version {reply.version}, policy {reply.policy}")
    out.say(f"camera      {_vision(reply.camera)}")
    out.say(f"remote      {_vision(reply.remote)}")
    out.say(f"model       {reply.model_id}{_transition(reply)}")
    if reply.next_model_id:
        out.say(f"            from the next start on {reply.next_model_id}", style="yellow")
    out.say(f"people      {reply.people} of the device, {reply.enrollments} enrolment(s) in all, {reply.clients} client(s)")
    if again := len(reply.enroll_again) + reply.enroll_again_elsewhere:
        must = "have to come by, or enrol again" if reply.former_model_id else "must enrol again"
        names = listed(reply.enroll_again, reply.enroll_again_elsewhere)
        out.say(f"            {again} whom the model does not know {must}: {names}", style="yellow")
    out.say(f"door        {reply.door_driver}, {reply.door_state}")
    out.say(f"last visit  {_last_visit(reply)}")


def _last_visit(reply: DeviceStatus) -> str:
    if reply.last_visit_number is None:
        return "none"
    return reply.last_visit or f"number {reply.last_visit_number} of the log, dated once the time is known"


def _transition(reply: DeviceStatus) -> str:
    if reply.transition_days_left is None:
        return ""
    return f", for {reply.transition_days_left:g} more day(s) with {reply.former_model_id} beside it"


def _vision(vision: VisionStatus) -> str:
    kind = "" if not vision.source else f", {vision.source} ({'live' if vision.live else 'not live'})"
    return f"{vision.state}{kind}" + f": {vision.message}" * bool(vision.message)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
