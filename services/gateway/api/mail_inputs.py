"""What clients send about mail: blocks, releases, suppressions."""

from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from services.gateway.api.inputs import Email, Input, Key


class BlockInput(Input):
    """Whose mail opens no ticket: an address, or a domain with its subdomains."""

    pattern: Annotated[
        str, StringConstraints(pattern=r"^(?:[^@\s<>]+@)?[^@\s<>.]+(?:\.[^@\s<>.]+)+$", max_length=320, strip_whitespace=True)
    ]
    action: Literal["park", "drop"] = "park"
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class BlockSender(Input):
    """Body of `POST /mail/parked/{id}/block`."""

    what: Literal["address", "domain"] = "address"
    action: Literal["park", "drop"] = "park"
    reason: Annotated[str, StringConstraints(max_length=400)] = ""


class ReleaseAll(Input):
    """Body of `POST /mail/parked/release`: one sender's, one reason's, or (both) one sender's of one reason."""

    sender: Annotated[str, StringConstraints(max_length=320)] | None = None
    reason: Key | None = None

    @model_validator(mode="after")
    def _some(self) -> "ReleaseAll":
        if not (self.sender or self.reason):
            raise ValueError("name a sender or a reason")
        return self


class SuppressInput(Input):
    """Body of `POST /mail/suppressions`."""

    address: Email
    reason: Annotated[str, StringConstraints(max_length=500)] = ""
