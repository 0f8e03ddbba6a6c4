"""Everything a process learns from its environment (contract.md, "Addresses and secrets")."""

import os
import socket
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_KAFKA_NOT_CLIENT = {"KAFKA_BOOTSTRAP_SERVERS", "KAFKA_HEAP_OPTS", "KAFKA_HOME", "KAFKA_OPTS", "KAFKA_LOG4J_OPTS"}


class Settings(BaseSettings):
    """Addresses, secrets and names of this process. Read once per process by `settings()`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    database_url: str = "postgresql://postgres@127.0.0.1:5432/helpdesk"
    redis_url: str = "redis://127.0.0.1:6379/0"
    secret_key: SecretStr = Field(default=SecretStr(""), validation_alias="HELPDESK_SECRET_KEY")
    secret_key_previous: SecretStr = Field(default=SecretStr(""), validation_alias="HELPDESK_SECRET_KEY_PREVIOUS")
    """The key before the last rotation: what it sealed or signed stays readable."""
    home: Path = Field(default=Path(".helpdesk"), validation_alias="HELPDESK_HOME")
    blobs: str = Field(default="", validation_alias="HELPDESK_BLOBS")
    """Blob store address: file:///folder, s3://bucket/prefix, gs://…, az://…; default: blobs/ in the home."""
    url: str = Field(default="http://127.0.0.1:8080", validation_alias="HELPDESK_URL")
    http_host: str = Field(default="127.0.0.1", validation_alias="HELPDESK_HTTP_HOST")
    http_port: int = Field(default=8080, validation_alias="HELPDESK_HTTP_PORT")
    health_port: int = Field(default=0, validation_alias="HELPDESK_HEALTH_PORT")
    """0 = any free port."""
    health_host: str = Field(default="127.0.0.1", validation_alias="HELPDESK_HEALTH_HOST")
    service: str = Field(default="", validation_alias="HELPDESK_SERVICE")
    instance: str = Field(default="", validation_alias="HELPDESK_INSTANCE")
    production: bool = Field(default=False, validation_alias="HELPDESK_PRODUCTION")
    gemini_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="GEMINI_API_KEY")
    gemini_base_url: str = Field(default="", validation_alias="GEMINI_BASE_URL")
    ai_engine: Literal["auto", "local"] = Field(default="auto", validation_alias="HELPDESK_AI_ENGINE")
    """auto: Gemini reads every mail where there is a key. local: mail stays here; a key serves only what an agent asks for."""
    ai_dollars_per_hour: float = Field(default=2.0, ge=0, validation_alias="HELPDESK_AI_DOLLARS_PER_HOUR")
    ai_dollars_per_day: float = Field(default=20.0, ge=0, validation_alias="HELPDESK_AI_DOLLARS_PER_DAY")
    """What Gemini may cost; beyond it the local engine answers."""
    log_level: str = Field(default="INFO", validation_alias="HELPDESK_LOG_LEVEL")

    email_user: str = ""
    email_auth_credential: SecretStr = SecretStr("")
    imap_server: str = ""
    imap_port: int = 993
    smtp_server: str = ""
    smtp_port: int = 587
    inbound_folder: str = "INBOX"
    mail_reconcile_seconds: float = Field(default=86_400.0, gt=0, validation_alias="HELPDESK_MAIL_RECONCILE_SECONDS")
    """How often a whole folder is listed and compared with the time before."""
    email_delete_settled: bool = False
    """Remove mails from the first mailbox's server once they are settled (the sample desk's in-memory server only)."""
    email_plus_addressing: bool = True
    """Whether the first mailbox's server delivers user+anything@domain to user@domain."""
    email_null_sender: bool = True
    """Whether the first mailbox's SMTP server takes the null sender (RFC 5321 4.5.5)."""
    email_trusts_server: bool = False
    """Whether every sender in the first mailbox counts as verified (the sample desk's own server only)."""

    @classmethod
    def of(cls, environment: Mapping[str, object]) -> "Settings":
        """Settings from these variables instead of the process's own, e.g. those of another system's home."""
        values: dict[str, Any] = {k if k.startswith("HELPDESK_") else k.lower(): v for k, v in environment.items()}
        return cls(**values)

    def named(self, service: str) -> "Settings":
        """These settings with service and instance filled in where the environment left them empty."""
        name = self.service or service
        return self.model_copy(update={"service": name, "instance": self.instance or f"{name}-{socket.gethostname()}-{os.getpid()}"})

    @property
    def blob_url(self) -> str:
        """Where blobs live, as an URL."""
        return self.blobs or (self.home.absolute() / "blobs").as_uri()

    def kafka_overrides(self) -> dict[str, str]:
        """Any `KAFKA_<NAME>` of the environment as the librdkafka setting `<name>` (for SASL and TLS on managed clusters)."""
        return {
            key.removeprefix("KAFKA_").lower().replace("_", "."): value
            for key, value in os.environ.items()
            if key.startswith("KAFKA_") and key not in _KAFKA_NOT_CLIENT
        }


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
