"""The settings of matching, frozen, a sentence each. Read from the configuration file's `[match]` table."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class MatchSettings(BaseModel):
    """What a recognition needs beside its confidence, and how the gallery is searched. The threshold is the sessions' setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target_fpir: Annotated[
        float,
        Field(
            description="1:N: share of transactions of strangers that may name somebody; raises the bar as people are added.",
            gt=0,
            le=0.1,
        ),
    ] = 0.01
    margin: Annotated[
        float,
        Field(
            description="1:N: how much nearer, in cosine, the best person must be than the second.",
            ge=0,
            le=0.5,
        ),
    ] = 0.01
    min_agreeing_frames: Annotated[
        int,
        Field(
            description="Samples that must each name the same person on their own (1:N), or reach the floor (1:1).", ge=1, le=8
        ),
    ] = 2
    frame_floor: Annotated[
        float,
        Field(
            description="1:1: confidence that a sample must reach on its own to agree; the mean of all must reach the bar.",
            ge=0.5,
            le=0.99,
        ),
    ] = 0.6
    annoy_from: Annotated[
        int,
        Field(description="Templates in a realm from which the index is used; below it exact search is faster.", ge=1_000),
    ] = 50_000
    index_threads: Annotated[
        int, Field(description="Threads that build the index in the background; one leaves the others to vision.", ge=1, le=16)
    ] = 1
