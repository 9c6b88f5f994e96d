"""The settings of links for enrolment and of their page, frozen, a sentence each."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TEXT = (
    "With your consent, this device looks at your face through a camera and keeps a mathematical template of it, encrypted, "
    "to recognise you at the door. No picture is kept. You can withdraw your consent at any time, without giving a reason: "
    "tell the operator, and the template is destroyed at once. You need not enrol to be let in; ask for another way."
)
TEXT_DE = (
    "Mit Ihrer Einwilligung sieht dieses Gerät Ihr Gesicht durch eine Kamera an und behält eine mathematische Vorlage davon, "
    "verschlüsselt, um Sie an der Tür zu erkennen. Kein Bild wird behalten. Sie können Ihre Einwilligung jederzeit ohne Angabe "
    "von Gründen zurücknehmen: Sagen Sie es der Betreuung, und die Vorlage wird sofort vernichtet. Sie müssen sich nicht "
    "aufnehmen lassen, um hineinzukommen; fragen Sie nach einem anderen Weg."
)


class EnrollSettings(BaseModel):
    """How people enrol by link."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    basis: Annotated[
        Literal["consent", "agreement", "law"],
        Field(description="On what ground templates made by link are kept."),
    ] = "consent"
    text: Annotated[str, Field(description="What people are shown first, plain text.", min_length=1, max_length=10_000)] = TEXT
    text_de: Annotated[
        str,
        Field(
            description="The same in German, for whoever reads it; beside a `text` of your own, one of your own.",
            max_length=10_000,
        ),
    ] = TEXT_DE
    text_version: Annotated[
        str,
        Field(description="Version of the text, recorded with each person.", min_length=1, max_length=100),
    ] = "1"
    link_hours: Annotated[float, Field(description="Hours for which a link is good.", gt=0, le=24 * 31)] = 24.0
    link_tries: Annotated[int, Field(description="Sessions that one link may begin.", ge=1, le=100)] = 10

    def german(self) -> str:
        """The text in German; empty where there is none: the shipped one says what the shipped English says, and nothing else."""
        return "" if self.text_de == TEXT_DE and self.text != TEXT else self.text_de
