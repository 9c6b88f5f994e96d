"""Operators' commands about embedding models, the replies to them, and how they are carried out."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol, assert_never

import msgspec

from api.clock import Clock, rfc3339
from api.records import LOCAL, Enrollment
from device.asker import asker
from device.command import Command, OperationRefused, Reply
from device.model_choice import ModelChoice, chosen
from device.model_trial import ModelVerified, tried
from device.models import Models, in_use, to_enroll_again
from inference import catalogue
from inference.manifest import CoveringModel, EmbeddingModel, LivenessModel, ManifestError
from inference.settings import VisionSettings

HISTORY = 10
"""Choices that are listed."""

ModelId = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class ModelList(Command, frozen=True):
    """The models that are there. Answered by `ModelViews`."""


class ModelVerify(Command, frozen=True):
    """Check models, or one of them, and try them. Answered by `ModelsVerified`."""

    model_id: ModelId | None = None


class ModelUse(Command, frozen=True):
    """Use a model from the next start on. Answered by `ModelChosen`."""

    model_id: ModelId
    transition_days: Annotated[float, msgspec.Meta(ge=0, le=3660)] = 0.0
    """For how long the model in use now is compared beside it, and people move over as they come; 0: not at all."""


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    """A model that is there, or a manifest that cannot be read."""

    model_id: str
    """Empty: the manifest cannot be read."""
    kind: str
    """`embedding`, `covering` or `liveness`."""
    manifest: str
    licence: str
    hash_ok: bool
    default: bool
    use: str
    """`in_use`, `former` (compared beside it in a transition), `next` (from the next start on), or empty."""
    people: int
    """Enrolled with it, in all realms."""
    problem: str
    """Why it cannot be used; empty where it can."""


class ModelChange(msgspec.Struct, frozen=True, kw_only=True):
    """A choice that an operator made."""

    model_id: str
    former_id: str
    until: str | None
    """End of the transition; None: there was none."""
    operator: str
    at: str | None


class ModelViews(Reply, frozen=True):
    """The models that are there, and the newest choices, the newest first."""

    models: tuple[ModelView, ...]
    changes: tuple[ModelChange, ...]


class ModelsVerified(Reply, frozen=True):
    """How each model did."""

    models: tuple[ModelVerified, ...]


class ModelChosen(Reply, frozen=True):
    """A model is used from the next start on."""

    model_id: str
    former_id: str
    until: str | None
    """Until when the former one is compared beside it; None: not at all."""
    enroll_again: tuple[str, ...]
    """User ids of the device's own realm that it does not know."""
    enroll_again_elsewhere: int
    """How many people of other realms it does not know."""


ModelCommand = ModelList | ModelVerify | ModelUse
ModelReply = ModelViews | ModelsVerified | ModelChosen


class ChoiceStore(Protocol):
    """The part of the store that choices of models need (`device.store.store.SqlCipherStore`)."""

    async def all_enrollments(self) -> Sequence[Enrollment]:
        """Every realm's enrolments."""

    async def choose_model(self, choice: ModelChoice) -> None:
        """Write a choice."""

    async def model_choices(self, limit: int = 1) -> Sequence[ModelChoice]:
        """The newest choices, the newest first."""


@dataclass(frozen=True, slots=True)
class ModelDesk:
    """Carries the commands out.

    Args:
        store: choices and enrolments.
        settings: where models lie.
        clock: the device's.
        operator: who is written down as having chosen.
        running: what the running kiosk works with; None: nothing runs, and a choice counts at once.
    """

    store: ChoiceStore
    settings: VisionSettings
    clock: Clock
    operator: str
    running: Models | None = None

    async def carry_out(self, command: ModelCommand) -> ModelReply:
        """The reply to one command. `OperationRefused`: there is no such model, or it cannot be used; nothing was changed."""
        match command:
            case ModelList():
                return await self._list()
            case ModelVerify():
                return await self._verify(command)
            case ModelUse():
                return await self._use(command)
            case _:
                assert_never(command)

    @property
    def days_left(self) -> float | None:
        """Days of the transition that are left; None where there is none."""
        return None if self.running is None else self.running.days_left(self.clock)

    async def pending(self) -> str:
        """The id of the model that was chosen since the start; empty where none was."""
        newest = await self._newest()
        changed = newest is not None and self.running is not None and newest != self.running.choice
        return newest.model_id if newest is not None and changed else ""

    async def _newest(self) -> ModelChoice | None:
        return next(iter(await self.store.model_choices()), None)

    async def _now(self) -> Models | None:
        """What is in use; None where that cannot be used, which the list then shows."""
        if self.running is not None:
            return self.running
        try:
            return in_use(self.settings, await self._newest(), await self.store.all_enrollments(), self.clock)
        except ManifestError:
            return None

    async def _list(self) -> ModelViews:
        people = Counter(model_id for _, _, model_id in await self._enrolled())
        uses = await self._uses()
        views = []
        for each in await asyncio.to_thread(catalogue.found, self.settings):
            default = each.path == catalogue.default_of(self.settings)
            if each.listing is None:
                views.append(_unreadable(each, default=default))
                continue
            for model in each.listing.models:
                # A copy of the same model in another folder is not the one that is loaded.
                use = uses.pop(model.id, "")
                views.append(_view(each.path, model, use, people[model.id], default=default))
        changes = [_change(choice) for choice in await self.store.model_choices(HISTORY)]
        return ModelViews(models=tuple(views), changes=tuple(changes))

    async def _enrolled(self) -> set[tuple[str, str, str]]:
        return {(each.realm, each.user_id, each.model_id) for each in await self.store.all_enrollments()}

    async def _uses(self) -> dict[str, str]:
        now, following = await self._now(), await self.pending()
        uses = {following: "next"}
        for each in catalogue.found(self.settings):
            if each.listing and each.listing.covering and self.settings.covering:
                uses[each.listing.covering.id] = "in_use"
            if each.listing and each.listing.liveness and self.settings.passive:
                uses[each.listing.liveness.id] = "in_use"
        if now is not None:
            uses |= {now.former_id: "former"} if now.left_s(self.clock) > 0 else {}
            uses[now.model.id] = "in_use"
        uses.pop("", None)
        return uses

    async def _verify(self, command: ModelVerify) -> ModelsVerified:
        listed = [view for view in (await self._list()).models if command.model_id in (None, view.model_id)]
        if not listed:
            raise self._unknown(command.model_id or "")
        manifests = dict.fromkeys(view.manifest for view in listed)
        verified = [model for manifest in manifests for model in await tried(Path(manifest))]
        return ModelsVerified(models=tuple(model for model in verified if command.model_id in (None, "", model.model_id)))

    async def _use(self, command: ModelUse) -> ModelChosen:
        known = catalogue.embeddings(self.settings)
        if command.model_id not in known:
            raise self._unknown(command.model_id)
        now, newest = await self._now(), await self._newest()
        former_id = "" if now is None else now.model.id
        self._check_change(command, newest, former_id)
        manifest = known[command.model_id][0]
        failed = [model for model in await tried(manifest) if not model.ok]
        if failed:
            raise OperationRefused("model_unusable", f"{failed[0].message}; nothing was changed")
        choice = chosen(command.model_id, former_id, command.transition_days, asker(self.operator), self.clock)
        await self.store.choose_model(choice)
        again = to_enroll_again(await self.store.all_enrollments(), command.model_id)
        here = sorted(user_id for (realm, user_id), must in again.items() if must and realm == LOCAL)
        elsewhere = sum(must for (realm, _), must in again.items() if realm != LOCAL)
        return ModelChosen(
            model_id=choice.model_id,
            former_id=choice.former_id,
            until=rfc3339(choice.until) if choice.former_id else None,
            enroll_again=tuple(here),
            enroll_again_elsewhere=elsewhere,
        )

    def _check_change(self, command: ModelUse, newest: ModelChoice | None, now_id: str) -> None:
        """Refuse a choice that changes nothing. To choose the same model without a transition ends the one there is."""
        if command.transition_days and now_id == command.model_id:
            raise OperationRefused("model_in_use", f"{command.model_id} is in use: there is nothing to move from")
        moving = newest is not None and newest.left_s(self.clock) > 0
        if (now_id if newest is None else newest.model_id) == command.model_id and not moving:
            raise OperationRefused("model_in_use", f"{command.model_id} is in use already; see `kioskctl model list`")

    def _unknown(self, model_id: str) -> OperationRefused:
        return OperationRefused("model_not_found", f"there is no model {model_id!r} here; see `kioskctl model list`")


def _unreadable(found: catalogue.Found, *, default: bool) -> ModelView:
    return ModelView(
        model_id="",
        kind="",
        manifest=str(found.path),
        licence="",
        hash_ok=False,
        default=default,
        use="",
        people=0,
        problem=found.problem,
    )


def _view(
    manifest: Path, model: EmbeddingModel | CoveringModel | LivenessModel, use: str, people: int, *, default: bool
) -> ModelView:
    problem = ""
    try:
        model.read()
    except ManifestError as error:
        problem = str(error)
    kind = "covering" if isinstance(model, CoveringModel) else "liveness" if isinstance(model, LivenessModel) else "embedding"
    return ModelView(
        model_id=model.id,
        kind=kind,
        manifest=str(manifest),
        licence=model.licence,
        hash_ok=not problem,
        default=default and kind == "embedding",
        use=use,
        people=people,
        problem=problem,
    )


def _change(choice: ModelChoice) -> ModelChange:
    return ModelChange(
        model_id=choice.model_id,
        former_id=choice.former_id,
        until=rfc3339(choice.until) if choice.former_id else None,
        operator=choice.operator,
        at=None if choice.created_at is None else rfc3339(choice.created_at),
    )
