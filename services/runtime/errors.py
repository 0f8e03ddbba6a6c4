"""What can go wrong in the shared parts."""


class RuntimeFailure(Exception):
    """Base of the runtime's errors."""


class UnsafeSettingError(RuntimeFailure):
    """A Kafka setting that loses or reorders messages was asked for."""

    def __init__(self, name: str, value: object, why: str) -> None:
        super().__init__(f"Kafka setting {name}={value} is refused: {why}")


class NotAcknowledgedError(RuntimeFailure):
    """The broker did not acknowledge a record in time; it may or may not be in the log. Retry with the same ce_id."""

    def __init__(self, topic: str, reason: str) -> None:
        super().__init__(f"{topic}: not acknowledged: {reason}")


class BrokerUnavailableError(RuntimeFailure):
    """No broker answers."""


class FencedError(RuntimeFailure):
    """Another process owns the partition now: drop everything read from it and read again."""

    def __init__(self, topic: str, partition: int, mine: int) -> None:
        super().__init__(f"{topic}[{partition}]: next offset is not {mine} any more; another process went on")


class PoisonError(RuntimeFailure):
    """A record that can never be processed. `reason` goes into the dead letter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MissingSecretError(RuntimeFailure):
    """HELPDESK_SECRET_KEY is needed and not set."""

    def __init__(self) -> None:
        super().__init__("HELPDESK_SECRET_KEY is not set; give every process the same secret of at least 32 characters")
