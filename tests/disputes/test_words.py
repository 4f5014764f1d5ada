"""Every text of the console is there in Chinese too, and the compiled catalogue is the written one."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import unfold
from django.utils import translation

from fairdeal.disputes.domain import TRANSITIONS
from fairdeal.disputes.guards import told_why

ROOM = Path(__file__).resolve().parents[2] / "disputes"
CATALOGUE = ROOM / "locale" / "zh_Hans" / "LC_MESSAGES"


def written() -> dict[str, str]:
    """msgid to msgstr of the .po file, whose entries are one line each."""
    pairs = re.findall(r'^msgid (".+")\nmsgstr (".*")$', (CATALOGUE / "django.po").read_text(encoding="utf-8"), re.MULTILINE)
    return {ast.literal_eval(msgid): ast.literal_eval(msgstr) for msgid, msgstr in pairs if msgid != '""'}


def texts_in_code() -> set[str]:
    found = set()
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "gettext", "gettext_lazy"):
                (text,) = node.args
                if isinstance(text, ast.Constant):
                    found.add(str(text.value))
    return found


def texts_in_templates() -> set[str]:
    """As Django looks them up: a percent sign in a template's text is doubled."""
    found = set()
    for path in ROOM.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        found |= {text.replace("%", "%%") for text in re.findall(r'{% translate "([^"]+)"', page)}
        found |= {
            re.sub(r"{{ (\w+) }}", r"%(\1)s", text) for text in re.findall(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate", page)
        }
    return found


def texts_of_guards() -> set[str]:
    return {text for row in TRANSITIONS for guard in (*row.guards, told_why) for text in (guard.rule, guard.remedy)}


def texts_of_the_theme() -> set[str]:
    """What the admin theme says without arguments; it brings no Chinese of its own."""
    pages = (Path(unfold.__file__).parent / "templates").rglob("*.html")
    return {text for page in pages for text in re.findall(r'{% trans(?:late)? "([^"]+)" %}', page.read_text(encoding="utf-8"))}


def test_the_themes_texts_have_their_chinese() -> None:
    asked = texts_of_the_theme()
    assert len(asked) > 50
    with translation.override("zh-hans"):
        assert sorted(text for text in asked if translation.gettext(text) == text) == []


def test_every_text_has_its_chinese() -> None:
    asked = texts_in_code() | texts_in_templates() | texts_of_guards()
    assert len(asked) > 150
    missing = sorted(asked - {msgid for msgid, msgstr in written().items() if msgstr})
    assert missing == []


def test_the_catalogue_is_compiled_from_what_is_written() -> None:
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {msgid: compiled.gettext(msgid) for msgid in written()} == written()


def test_placeholders_survive_translation() -> None:
    for msgid, msgstr in written().items():
        assert set(re.findall(r"%\(\w+\)[sd]", msgid)) == set(re.findall(r"%\(\w+\)[sd]", msgstr)), msgid
