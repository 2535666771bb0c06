"""The settings of an installation, from environment variables."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reviews.core.clock import Clock, StoppedClock, SystemClock, read_moment

NOTIFY = "https://api.notifications.service.gov.uk"


class Environment(StrEnum):
    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """The environment variables that begin FOLLOWTHROUGH_ (docs/settings.md lists them all)."""

    model_config = SettingsConfigDict(env_prefix="FOLLOWTHROUGH_", extra="ignore", frozen=True)

    home: Path = Field(default=Path("var"), description="Folder for the embedded database, files and keys")
    database_url: SecretStr | None = Field(default=None, description="SQLAlchemy URL; the embedded database when empty")
    reminders_database_url: SecretStr | None = Field(
        default=None, description="The same database for the reminder process, as a user of its own on PostgreSQL"
    )
    disposal_database_url: SecretStr | None = Field(
        default=None, description="The same database for disposal, as a user of its own on PostgreSQL"
    )
    base_url: str = Field(default="http://127.0.0.1:8000", description="What every link in a mail begins with")
    secret_key: SecretStr | None = Field(default=None, description="Key of sessions and links, at least 32 characters")
    keys: Path | None = Field(default=None, description="Folder of the keys of identities, files and seals; HOME/keys")
    clamd: str = Field(
        default="", description="Virus scanner that files are checked by: path of its socket, or host:port"
    )
    mail_url: SecretStr | None = Field(default=None, description="smtp://, smtps://, notify:// or folder:///path")
    mail_from: str = Field(default="followthrough@localhost", description="The sender's address of every mail")
    notify_api_key: SecretStr | None = Field(default=None, description="Key of our service at GOV.UK Notify")
    notify_base_url: str = Field(default=NOTIFY, description="Where GOV.UK Notify is")
    notify_template_id: str = Field(default="", description="Its e-mail template, with ((subject)) and ((body))")
    notify_reply_to_id: str = Field(default="", description="Its reply-to address, if not the service's own")
    notify_callback_token: SecretStr | None = Field(default=None, description="What its call-backs must carry")
    bounces_url: SecretStr | None = Field(default=None, description="imaps://user:password@host/INBOX of returned mail")
    trusted_proxies: str = Field(
        default="", description="Addresses of web servers in front, such as 10.0.0.5, whose X-Forwarded-For is believed"
    )
    mails_a_minute: int = Field(default=60, ge=0, description="How fast the reminder process sends; 0 for no limit")
    session_idle_minutes: int = Field(default=30, ge=3, le=30, description="Minutes without a page that end a session")
    session_hours: int = Field(default=12, ge=1, le=12, description="Hours after which a session ends in any case")
    backups: Path | None = Field(default=None, description="Folder of the backups, one folder each, to see how old")
    backup_recipients: str = Field(default="", description="age1… addresses that backups are encrypted for, by commas")
    anchors: str = Field(default="", description="Where anchors are kept outside: a file, or mailto:address")
    now: str = Field(default="", description="The clock, such as 2026-11-20T08:00; only in demo and test")
    env: Environment = Field(default=Environment.DEMO, description="demo, test or production")

    @property
    def database(self) -> str:
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home.absolute() / 'followthrough.db'}"

    @property
    def of_reminders(self) -> "Settings":
        """The settings of the reminder process: those of the pages, but for its user of the database."""
        return self.model_copy(update={"database_url": self.reminders_database_url or self.database_url})

    @property
    def of_disposal(self) -> "Settings":
        return self.model_copy(update={"database_url": self.disposal_database_url or self.database_url})

    @property
    def mail(self) -> str:
        if self.mail_url is not None:
            return self.mail_url.get_secret_value()
        return f"folder://{self.home.absolute() / 'mail'}"

    @property
    def keys_folder(self) -> Path:
        return self.keys if self.keys is not None else self.home.absolute() / "keys"

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    def clock(self) -> Clock:
        """Give the clock of this process: outside production the stopped one of FOLLOWTHROUGH_NOW, if it is set.

        Raises ValueError for a text that is no moment.
        """
        if self.now and not self.is_production:
            return StoppedClock(read_moment(self.now))
        return SystemClock()
