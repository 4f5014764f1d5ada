"""Settings: one file ``fairdeal.toml``, every value overridable by ``FAIRDEAL_*``."""

from __future__ import annotations

import logging
import os
import re
import tomllib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError, TomlConfigSettingsSource

from fairdeal.pipelines.errors import WrongUse

FILE_NAME = "fairdeal.toml"
#: Settings that are tables; a variable may name one value of theirs.
SECTIONS = (
    "capacity", "policy", "loss", "promotion", "schedule", "database", "object_store", "enforcement", "notify", "webhooks", "console",
    "train", "desk",
)  # fmt: skip
#: ``FAIRDEAL_*`` variables that are no settings.
OTHER_VARIABLES = ("CONFIG", "CRASH_AT", "ALLOWED_HOSTS")

log = logging.getLogger("fairdeal")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Section):
    """When the daily run starts and by when its feed must be there, in the settings' time zone."""

    at: str = Field("01:30", pattern=r"^\d\d:\d\d$", description="time of day at which the daily run starts")
    feed_due: str = Field("04:00", pattern=r"^\d\d:\d\d$", description="time of day by which the feed of yesterday must be published")


class Database(_Section):
    """Where the ledger and the dispute queue live."""

    url: str | None = Field(None, description="SQLAlchemy address of the run ledger; absent: SQLite in the home folder")
    disputes_url: str | None = Field(None, description="address of the dispute queue's database; absent: SQLite in the home folder")


class ObjectStore(_Section):
    """Where `s3://` paths of a mapping lead."""

    endpoint: str | None = Field(None, description="address of an object store that speaks S3; absent: AWS_ENDPOINT_URL, else Amazon's")
    region: str | None = Field(None, description="the store's region; absent: what the environment says")


class Notify(_Section):
    """Who is called when something fails or degrades."""

    webhook_url: str | None = Field(None, description="address that is sent a JSON message; absent: nobody is called, the log says so")


class Enforcement(_Section):
    """Who carries out what is decided in the queue, beside the feed."""

    url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/]+",
        description="address that each measure is posted to; absent: the feed carries measures out, and nothing is posted",
    )
    timeout_s: float = Field(10, gt=0, le=60, description="seconds within which an answer must come; later it is tried again")


class Webhook(_Section):
    """A system that is told what happened to cases."""

    url: str = Field(pattern=r"^https?://[^\s/]+", description="address that each message is posted to, signed")
    events: tuple[Literal["case.opened", "case.decided", "case.closed"], ...] = Field(
        ("case.opened", "case.decided", "case.closed"), min_length=1, description="which messages it wants"
    )
    timeout_s: float = Field(10, gt=0, le=60, description="seconds within which an answer must come; later it is tried again")


class Console(_Section):
    """How people reach the console of the dispute queue, and sign in to it."""

    second_factor: bool = Field(
        True, description="people who approve, audit or manage accounts are let in with a code of their own device only"
    )
    https: bool = Field(False, description="the console is reached by HTTPS only, through a proxy; cookies are sent over nothing else")


class Train(_Section):
    """What a model learns from."""

    days: int = Field(60, ge=1, description="days of events before --until that a model learns from")
    ripe_days: int = Field(
        21,
        ge=0,
        description="where a source names frauds only, an event this old without a label counts as honest; younger ones are left out",
    )
    seed: int = Field(20260101, ge=0, description="fixes every random choice in training")


class Desk(_Section):
    """Bounds of the analysts' day."""

    trust_days: int = Field(90, ge=1, le=365, description="a subject stays on the trust-list at most so many days")
    trust_ceiling: float = Field(0.9, ge=0, le=1, description="from this probability on a subject's trust counts for nothing")
    trust_looks: float = Field(
        0.1, ge=0, le=1, description="share of the alerts that trust keeps from people which are looked at all the same"
    )
    second_look_share: float = Field(0.05, ge=0, le=1, description="share of closed cases that a second analyst judges blind")


class Settings(BaseSettings):
    """All settings, with their written defaults."""

    model_config = SettingsConfigDict(env_prefix="FAIRDEAL_", env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", frozen=True)

    home: Path = Field(Path(".fairdeal"), description="folder of all state, relative to the settings file")
    time_zone: str = Field("Asia/Shanghai", description="what a day is")
    engine: str = Field("embedded", pattern="^embedded$", description="where features are computed")
    memory_mb: int = Field(
        3000,
        ge=256,
        description="most memory that a query over a source's files may take, in megabytes; a twelfth bounds the files read together",
    )
    capacity: dict[str, Any] = Field(default_factory=dict, description="people and minutes tonight; see models.capacity")
    policy: dict[str, Any] = Field(default_factory=dict, description="costs and effects of actions; see models.policy")
    loss: dict[str, Any] = Field(default_factory=dict, description="who bears which loss; see models.losses")
    promotion: dict[str, Any] = Field(default_factory=dict, description="what a challenger must show; see models.promotion")
    schedule: Schedule = Field(default_factory=lambda: Schedule.model_validate({}))
    database: Database = Field(default_factory=lambda: Database.model_validate({}))
    object_store: ObjectStore = Field(default_factory=lambda: ObjectStore.model_validate({}))
    enforcement: Enforcement = Field(default_factory=lambda: Enforcement.model_validate({}))
    notify: Notify = Field(default_factory=lambda: Notify.model_validate({}))
    webhooks: dict[Annotated[str, Field(pattern="^[a-z0-9_-]{1,40}$")], Webhook] = Field(
        default_factory=dict, description="systems that are told what happened to cases, by name"
    )
    console: Console = Field(default_factory=lambda: Console.model_validate({}))
    train: Train = Field(default_factory=lambda: Train.model_validate({}))
    desk: Desk = Field(default_factory=lambda: Desk.model_validate({}))

    _file: ClassVar[Path | None] = None

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no time zone is called {value}; use a name such as Asia/Shanghai or UTC") from error
        return value

    @field_validator("capacity", "policy", "loss", "promotion", mode="before")
    @classmethod
    def _read_values(cls, value: Any) -> Any:
        """Variables give texts; what reads as a TOML value is meant as one."""
        return {name: _toml_value(given) for name, given in value.items()} if isinstance(value, dict) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if cls._file is not None:
            sources = (*sources, TomlConfigSettingsSource(settings_cls, cls._file))
        return sources

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def ledger_url(self) -> str:
        return self.database.url or f"sqlite:///{self.home / 'ledger.db'}"

    def day_bounds(self, day: str) -> tuple[datetime, datetime]:
        """First instant of a day and of the next, in the settings' time zone."""
        try:
            start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=self.zone)
        except ValueError as error:
            raise WrongUse(f"day: found {day!r}; allowed is YYYY-MM-DD; give the day as in 2018-08-08") from error
        end = (start.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=self.zone)
        return start, end


def _toml_value(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return tomllib.loads(f"value = {given}")["value"]
    except tomllib.TOMLDecodeError:
        return given


def find_file(start: Path) -> Path | None:
    """``fairdeal.toml`` in the folder or the nearest one above it."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def _names_beside(place: tuple[int | str, ...]) -> str:
    """Which names are allowed where an unknown one was found."""
    section = Settings.model_fields[str(place[0])].annotation if len(place) > 1 else Settings
    section = get_args(section)[1] if get_origin(section) is dict else section
    fields = section.model_fields if isinstance(section, type) and issubclass(section, BaseModel) else {}
    return f"no such setting; allowed are {', '.join(fields)}"


@cache
def _warn_of_unknown(names: frozenset[str]) -> None:
    """Says once which ``FAIRDEAL_*`` variables mean nothing; a slip of the pen would otherwise go unseen."""
    for name in sorted(names):
        words = name.removeprefix("FAIRDEAL_").lower()
        if (
            words.upper() in OTHER_VARIABLES
            or words.endswith("_dsn")
            or any(  # …_DSN: connection strings that mappings name
                words == field or (field in SECTIONS and words.startswith(f"{field}_")) for field in Settings.model_fields
            )
        ):
            continue
        allowed = ", ".join(f"FAIRDEAL_{field.upper()}{'_*' if field in SECTIONS else ''}" for field in Settings.model_fields)
        log.warning("%s: no such setting, it changes nothing; allowed are %s; correct the name or unset it", name, allowed)


def load_settings(config: Path | None = None) -> Settings:
    """Settings from the file (given, or found upward from the working folder) and ``FAIRDEAL_*``.

    Raises
    ------
    WrongUse
        Naming the file, the setting, what was found and what is allowed.
    """
    path = config or (Path(os.environ["FAIRDEAL_CONFIG"]) if os.environ.get("FAIRDEAL_CONFIG") else find_file(Path.cwd()))
    if path is not None and not path.is_file():
        raise WrongUse(f"{path}: no such settings file; give one with --config or leave it out for the defaults")
    chosen = type("_Settings", (Settings,), {"_file": path, "__module__": __name__})
    try:
        settings: Settings = chosen()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        allowed = _names_beside(first["loc"]) if first["type"] == "extra_forbidden" else first["msg"]
        raise WrongUse(
            f"{path or 'FAIRDEAL_* variables'}: setting {name}: found {first.get('input')!r}; {allowed}; "
            "correct it or leave it out for the default"
        ) from None
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        raise WrongUse(
            f'FAIRDEAL_{field[1].upper() if field else "*"}: found a text that is no table; allowed is JSON such as {{"name": 3}}, '
            "or one variable per name; correct it or leave it out for the default"
        ) from None
    except ValueError as error:
        raise WrongUse(f"{path}: not a TOML file ({error}); write it as in the README") from None
    _warn_of_unknown(frozenset(name for name in os.environ if name.startswith("FAIRDEAL_")))
    base = path.parent if path is not None else Path.cwd()
    return settings.model_copy(update={"home": (base / settings.home).resolve()})
