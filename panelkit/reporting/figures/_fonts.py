"""Which Chinese font this machine has; a figure with Chinese words and no such font is refused, never drawn with empty boxes."""

from __future__ import annotations

import re

from panelkit.core.errors import ReportError

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "SimHei", "PingFang SC",
    "Heiti SC", "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Serif CJK SC", "Source Han Serif SC",
    "SimSun", "Songti SC", "STSong", "Noto Sans CJK JP", "Noto Serif CJK JP", "Droid Sans Fallback", "Arial Unicode MS",
)  # fmt: skip
_FILES = re.compile(
    r"cjk|noto ?sans ?sc|source ?han|yahei|msyh|sim(sun|hei)|pingfang|heiti|hiragino|wqy|songti|stsong", re.I
)


def chinese_font(where: str = "") -> str:
    """The first known Chinese font of this machine; `where` is what needs it.

    Raises
    ------
    ReportError
        Where there is none.
    """
    from matplotlib import font_manager

    fonts = font_manager.fontManager
    known = {f.name for f in fonts.ttflist}
    if not known & set(CHINESE_FONTS):
        # matplotlib's list is a cache and may be older than a font installed since
        for path in sorted(font_manager.findSystemFonts()):
            if _FILES.search(path):
                fonts.addfont(path)
        known = {f.name for f in fonts.ttflist}
    for name in CHINESE_FONTS:
        if name in known:
            return name
    raise ReportError(
        "the figure has Chinese words and this machine has no Chinese font",
        where=where,
        mend="install one (Debian, Ubuntu: apt-get install fonts-noto-cjk; macOS and Windows bring one), or set language = 'en'",
    )
