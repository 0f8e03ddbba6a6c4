"""Why a message cannot be sent."""


class NotifyError(Exception):
    """Base of notify's errors. The text is shown to agents as the reason."""


class UnsendableMessageError(NotifyError):
    """The mail cannot be built; sending it again will not help."""


class HeaderRefusedError(UnsendableMessageError):
    """A header value holds CR, LF or NUL: somebody may be trying to add headers of their own."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} contains a line break or NUL; remove it and send again")


class AddressRefusedError(UnsendableMessageError):
    """An address that SMTP cannot carry."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"{address or 'an empty address'} cannot be written to: {why}")


class AttachmentMissingError(UnsendableMessageError):
    """A file is not in the blob store any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the attachment {name} is not in the store any more; attach it again")


class MailboxUnusableError(NotifyError):
    """The mailbox to send from is unknown, switched off or badly configured: may be repaired, so sending is tried again."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"mailbox {address}: {why}")
