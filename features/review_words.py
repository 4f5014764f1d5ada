"""What a review itself says and how: its stars, its signs, its tone, its twins, stretches that others wrote too."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features.definitions import Feature, Own

PRAISE = (Typology.PAID_PRAISE,)
ATTACK = (Typology.MALICIOUS_REVIEW, Typology.REVIEW_EXTORTION)
FAKE = (*PRAISE, *ATTACK)
LURE = (Typology.IMPERSONATION,)

#: Addresses of pages, and ways to be reached away from the platform.
CONTACT = r"(?i)https?://|www\.|微信|加我|加v|vx|qq|telegram|whatsapp|扫码"


def _length() -> pl.Expr:
    """Characters of the text; null where nothing is written."""
    length = pl.col("text").str.len_chars()
    return pl.when(length > 0).then(length).cast(pl.Float64)


def _share_of(pattern: str) -> pl.Expr:
    return pl.col("text").str.count_matches(pattern) / _length()


#: Features of the words alone and of their likeness to others'.
WORDS: tuple[Feature, ...] = (
    # The review itself.
    Feature(
        Own("review_rating", pl.col("rating")),
        FAKE,
        "never",
        ReasonTemplate("REVIEW_RATING", "评分 {value} 星（通常 {norm} 星）", "{value} stars ({norm} is usual)", "number", 0),
    ),
    Feature(
        Own("review_length", pl.col("text").str.len_chars()),
        FAKE,
        "never",
        ReasonTemplate("REVIEW_LENGTH", "评价长 {value} 字（通常 {norm} 字）", "{value} characters long ({norm} is usual)", "number", 0),
    ),
    Feature(
        Own("review_exclamation_count", pl.col("text").str.count_matches(r"[!！]")),
        PRAISE,
        "never",
        ReasonTemplate(
            "REVIEW_EXCLAMATIONS", "含 {value} 个感叹号（通常 {norm}）", "{value} exclamation marks ({norm} is usual)", "count", 1
        ),
    ),
    Feature(
        Own("review_question_count", pl.col("text").str.count_matches(r"[?？]")),
        FAKE,
        "never",
        ReasonTemplate("REVIEW_QUESTIONS", "含 {value} 个问号（通常 {norm}）", "{value} question marks ({norm} is usual)", "count", 0),
    ),
    Feature(
        Own("review_capital_share", _share_of(r"\p{Lu}")),
        FAKE,
        "nothing is written",
        ReasonTemplate(
            "REVIEW_CAPITALS", "大写字母占 {value}（通常 {norm}）", "Share of capital letters: {value} ({norm} is usual)", "share", 0
        ),
    ),
    Feature(
        Own("review_sign_share", _share_of(r"[\p{P}\p{S}]")),
        FAKE,
        "nothing is written",
        ReasonTemplate(
            "REVIEW_SIGNS", "标点和符号占 {value}（通常 {norm}）", "Share of punctuation and symbols: {value} ({norm} is usual)", "share", 0
        ),
    ),
    Feature(
        Own("review_distinct_share", pl.col("text").str.split("").list.n_unique() / _length()),
        FAKE,
        "nothing is written",
        ReasonTemplate(
            "REVIEW_VARIETY",
            "不同字符占全文 {value}（通常 {norm}）",
            "Different characters as a share of the length: {value} ({norm} is usual)",
            "share",
            0,
        ),
    ),
    Feature(
        Own("review_word_length", _length() / (1 + pl.col("text").str.count_matches(r"\s+"))),
        FAKE,
        "nothing is written",
        None,
    ),
    Feature(Own("review_digit_count", pl.col("text").str.count_matches(r"\d")), LURE, "never", None),
    Feature(
        Own("review_contact_count", pl.col("text").str.count_matches(CONTACT)),
        LURE,
        "never",
        ReasonTemplate(
            "REVIEW_CONTACT",
            "含 {value} 处链接或站外联系方式（通常 {norm}）",
            "{value} links or ways to be reached off the platform ({norm} is usual)",
            "count",
            1,
        ),
    ),
    Feature(Own("review_age_s", pl.col("t") - pl.col("posted_s")), FAKE, "never", None),
    Feature(Own("review_is_follow_up", pl.col("is_follow_up").cast(pl.Int64)), FAKE, "the source does not say", None),
    # Stars against tone: what others gave who wrote the same words.
    Feature(
        Own("review_tone_stars_30d", pl.col("tone_stars_30d")),
        FAKE,
        "the text is too short to compare, or nobody gave stars before",
        ReasonTemplate(
            "REVIEW_TONE",
            "30 天内同样措辞的评价平均给 {value} 星（通常 {norm} 星）",
            "Reviews in such words gave {value} stars within 30 days ({norm} is usual)",
            "number",
            0,
        ),
    ),
    Feature(
        Own("review_stars_against_tone_30d", pl.col("rating") - pl.col("tone_stars_30d")),
        FAKE,
        "there are no stars, the text is too short to compare, or nobody gave stars before",
        ReasonTemplate(
            "STARS_AGAINST_TONE",
            "评分减去 30 天内同样措辞的评价所给的星数：{value}（通常 {norm}）",
            "Stars less those that reviews in such words gave within 30 days: {value} ({norm} is usual)",
            "number",
            0,
        ),
    ),
    # Twins: the same words from other accounts.
    Feature(
        Own("review_twin_count_30d", pl.col("twins_30d")),
        FAKE,
        "the text is too short to compare",
        ReasonTemplate(
            "REVIEW_TWINS",
            "30 天内有 {value} 条内容几乎相同的评价（通常 {norm}）",
            "{value} reviews with nearly the same words within 30 days ({norm} is usual)",
            "count",
            1,
        ),
    ),
    Feature(
        Own("review_twin_reviewer_count_30d", pl.col("twin_reviewers_30d")),
        FAKE,
        "the text is too short to compare",
        ReasonTemplate(
            "REVIEW_TWIN_WRITERS",
            "{value} 个账户 30 天内写过几乎相同的内容（通常 {norm}）",
            "{value} accounts wrote nearly the same within 30 days ({norm} is usual)",
            "count",
            1,
        ),
    ),
    # Handed-out texts: stretches that others wrote at the same shop.
    Feature(
        Own("review_shared_share_30d", pl.col("shared_share_30d")),
        FAKE,
        "the text is too short to compare",
        ReasonTemplate(
            "SHARED_WORDS",
            "全文有 {value} 与同店 30 天内他人的评价雷同（通常 {norm}）",
            "Share of the text that others wrote at this shop within 30 days: {value} ({norm} is usual)",
            "share",
            1,
        ),
    ),
    Feature(Own("review_shared_surprise_30d", pl.col("shared_surprise_30d")), FAKE, "the text is too short to compare", None),
    Feature(
        Own("review_shared_most_30d", pl.col("shared_most_30d")),
        FAKE,
        "the text is too short to compare",
        ReasonTemplate(
            "SHARED_BY",
            "同店 30 天内至多 {value} 人写过其中同一句话（通常 {norm}）",
            "Up to {value} others wrote the same words at this shop within 30 days ({norm} is usual)",
            "count",
            1,
        ),
    ),
)
