"""A name in two languages."""

from __future__ import annotations

from typing import Literal

from panelkit.core.spec import spec

Language = Literal["en", "zh"]


@spec
class Label:
    """What a reader sees, in English and Chinese; where one is missing the other stands in."""

    en: str = ""
    zh: str = ""

    def to(self, language: str) -> str:
        """The text in `language`, else in the other."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)
