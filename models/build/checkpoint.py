"""Where a training run stands, kept whole in one file, so that the same command goes on from there. For the small networks."""

from pathlib import Path
from typing import Any, Protocol

import torch


class Part(Protocol):
    """A network or an optimiser."""

    def state_dict(self) -> dict[str, Any]:
        """What it is made of."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> object:
        """Become that."""


def resume(path: Path, plan: dict[str, Any], parts: dict[str, Part]) -> dict[str, Any] | None:
    """Bring the parts to where the file left them; what else was kept there. None: there is no file.

    Raises:
        SystemExit: the file is of another plan.
    """
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=False)
    if state["plan"] != plan:
        raise SystemExit(f"{path} is of another plan ({state['plan']}); remove it to start afresh")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state


def save(path: Path, plan: dict[str, Any], parts: dict[str, Part], **kept: object) -> None:
    """Write the file whole, or leave the one before."""
    partial = path.with_suffix(".partial")
    torch.save({"plan": plan, **{name: part.state_dict() for name, part in parts.items()}, **kept}, partial)
    partial.rename(path)
