"""Looking for damage while nobody waits: the store's pages, and the files of the models in use. What it found is kept here."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from api.ports import StoreError
from camera.frame import boot_time
from inference import catalogue
from inference.manifest import EmbeddingModel, ManifestError
from inference.settings import VisionSettings

log = logging.getLogger(__name__)

EVERY_S = 6 * 3600.0
"""Seconds between two checks."""
LOOK_S = 1.0
"""Seconds between looks whether nobody waits."""


class Checkable(Protocol):
    """A store, as far as this is concerned."""

    async def check(self) -> Collection[str]:
        """What is broken in the file."""


class Integrity:
    """Checks once at the start and then every few hours, in the first idle moment; `run` until cancelled.

    Args:
        store: its pages' authenticators are checked, and the structure over them.
        models: says which models are in use, by id, and what is wrong with each; runs in a thread.
        idle: whether nobody's session or visit is judged: card and processor are busy while the file is read.
    """

    def __init__(self, store: Checkable, models: Callable[[], Mapping[str, str]], idle: Callable[[], bool]) -> None:
        self._store = store
        self._models = models
        self._idle = idle
        self.store = ""
        """What is wrong with the store; empty: nothing, as far as was looked."""
        self.models: Mapping[str, str] = {}
        """Id of each model in use → what is wrong with its file."""
        self.checked_at: float | None = None
        """When the last check ended, boot-time seconds."""

    async def run(self, every_s: float = EVERY_S, look_s: float = LOOK_S) -> None:
        """Check again and again."""
        while True:
            while not self._idle():  # noqa: ASYNC110  # sessions begin and end without a word to this
                await asyncio.sleep(look_s)
            await self._check()
            await asyncio.sleep(every_s)

    async def _check(self) -> None:
        began = time.perf_counter()
        try:
            problems = list(await self._store.check())
        except (StoreError, OSError) as error:
            problems = [str(error)]
        self.models = await asyncio.to_thread(self._models)
        self.store = f"the database is damaged ({problems[0]}); restore it from a backup" if problems else ""
        self.checked_at = boot_time()
        for trouble in (self.store, *self.models.values()):
            if trouble:
                log.error("%s", trouble)
        log.debug("store and models were checked in %.2f s", time.perf_counter() - began)


def model_files(settings: VisionSettings, in_use: Collection[str]) -> Mapping[str, str]:
    """What is wrong with the file of each model that is used, by the hashes of their manifests; empty where nothing is.

    Args:
        settings: where models lie.
        in_use: ids of the embedding networks that are; of the other kinds all that lie there are.
    """
    found: dict[str, str] = {}
    for each in catalogue.found(settings):
        if each.listing is None:
            continue
        for model in (getattr(each.listing, name) for name in each.listing.__struct_fields__):
            unused = isinstance(model, EmbeddingModel) and model.id not in in_use
            if not hasattr(model, "read") or unused:
                continue
            try:
                model.read()
            except ManifestError as error:
                found[model.id] = str(error)
            else:
                found.setdefault(model.id, "")
    return found
