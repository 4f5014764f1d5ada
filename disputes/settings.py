"""Django's settings for the queue, as a value: everything that varies is an argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from fairdeal.disputes.databases import database
from fairdeal.disputes.desk_rules import DeskRules
from fairdeal.disputes.people import leads_team, may_read_queue


def build(
    home: Path,
    *,
    database_url: str | None,
    time_zone: str,
    secret_key: str,
    audit_key: str,
    token_key: str,
    debug: bool,
    allowed_hosts: Sequence[str],
    actions_elsewhere: bool,
    second_factor: bool,
    is_https: bool,
    desk: DeskRules,
) -> dict[str, Any]:
    """All settings, ready for ``django.conf.settings.configure``."""
    return {
        "SECRET_KEY": secret_key,
        "AUDIT_KEY": audit_key,
        "TOKEN_KEY": token_key,
        "ACTIONS_ELSEWHERE": actions_elsewhere,
        "SECOND_FACTOR": second_factor,
        "HOME_FOLDER": home,
        "WATCH_FOLDER": home / "watch",
        "DESK_RULES": desk,
        "DEBUG": debug,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]", *allowed_hosts],
        "INSTALLED_APPS": [
            "fairdeal.disputes.apps.DisputesConfig",
            "unfold",
            "django.contrib.admin.apps.SimpleAdminConfig",  # whoever serves pages looks for its pages: commands need none
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "django_otp",
            "django_otp.plugins.otp_totp",
            "django_otp.plugins.otp_static",
            "django_htmx",
            "ninja",  # whose document page loads its scripts from here then
        ],
        "MIDDLEWARE": [
            "fairdeal.disputes.api.problems.problems_only",
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django_otp.middleware.OTPMiddleware",
            "fairdeal.disputes.second_factor_gate.must_show_code",
            "fairdeal.disputes.first_user.must_change_first_password",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        "ROOT_URLCONF": "fairdeal.disputes.urls",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.template.context_processors.i18n",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                        "fairdeal.disputes.desk.frame.frame",
                    ]
                },
            }
        ],
        "DATABASES": {"default": database(home, database_url)},
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
            {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
            {"NAME": "fairdeal.disputes.first_user.NotTheSameAgain"},
        ],
        "LANGUAGE_CODE": "zh-hans",
        "LANGUAGES": [("zh-hans", "简体中文"), ("en", "English")],
        "TIME_ZONE": time_zone,
        "USE_TZ": True,
        "USE_I18N": True,
        "STATIC_URL": "/static/",
        "WHITENOISE_USE_FINDERS": True,  # the packages' own files are served; there is nothing to collect first
        "LOGIN_URL": "login",
        "LOGIN_REDIRECT_URL": "today",
        "SESSION_COOKIE_AGE": 12 * 3600,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_https,
        "CSRF_COOKIE_SECURE": is_https,
        "OTP_TOTP_ISSUER": "Fairdeal",
        "OTP_TOTP_THROTTLE_FACTOR": 1,  # seconds after the first wrong code; each further one doubles the wait
        "OTP_STATIC_THROTTLE_FACTOR": 1,
        "CSRF_COOKIE_HTTPONLY": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "FILE_UPLOAD_HANDLERS": ["fairdeal.disputes.uploads.BoundedUpload"],
        "LOGGING": {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
            "filters": {"masked": {"()": "fairdeal.data_contracts.masking_logs.MaskingFilter"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["masked"]}},
            "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
        },
        "FORMAT_MODULE_PATH": ["fairdeal.disputes.formats"],
        "UNFOLD": {
            "SITE_TITLE": _("Fairdeal disputes"),
            "SITE_HEADER": _("Fairdeal disputes"),
            "SITE_SYMBOL": "balance",
            "SITE_URL": "/",
            "SHOW_LANGUAGES": True,
            "SHOW_HISTORY": False,
            "STYLES": [_static_style],
            "SITE_FAVICONS": [{"rel": "icon", "sizes": "any", "type": "image/svg+xml", "href": _static_icon}],
            "COLORS": {"primary": _BLUES},
            "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": [_QUEUE_MENU, _PEOPLE_MENU]},
        },
    }


#: The theme's accent from light to dark.
_BLUES = {
    "50": "oklch(97% .014 236)",
    "100": "oklch(94% .03 236)",
    "200": "oklch(89% .055 236)",
    "300": "oklch(82% .09 236)",
    "400": "oklch(72% .13 240)",
    "500": "oklch(62% .15 245)",
    "600": "oklch(52% .145 250)",
    "700": "oklch(45% .13 252)",
    "800": "oklch(39% .11 253)",
    "900": "oklch(33% .085 254)",
    "950": "oklch(26% .065 255)",
}


def _reads_queue(request: Any) -> bool:
    return may_read_queue(request.user)


def _leads(request: Any) -> bool:
    return leads_team(request.user)


def _manages_people(request: Any) -> bool:
    return bool(request.user.has_perm("auth.view_user"))


def _entry(title: Any, icon: str, address: str, permission: Callable[[Any], bool]) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(address), "permission": permission}


_QUEUE_MENU = {
    "title": _("Dispute queue"),
    "items": [
        _entry(_("To the desk"), "gavel", "today", _reads_queue),
        _entry(_("Notices"), "campaign", "admin:disputes_notice_changelist", _leads),
        _entry(_("Alerts"), "notifications", "admin:disputes_casealert_changelist", _reads_queue),
        _entry(_("Members"), "group_work", "admin:disputes_casemember_changelist", _reads_queue),
        _entry(_("History"), "history", "admin:disputes_caseevent_changelist", _reads_queue),
    ],
}

_PEOPLE_MENU = {
    "title": _("Administration"),
    "items": [_entry(_("People and roles"), "group", "admin:auth_user_changelist", _manages_people)],
}


def _static_style(request: object) -> str:
    from django.templatetags.static import static  # needs configured settings

    return static("disputes/back_office.css")


def _static_icon(request: object) -> str:
    from django.templatetags.static import static  # needs configured settings

    return static("disputes/icon.svg")
