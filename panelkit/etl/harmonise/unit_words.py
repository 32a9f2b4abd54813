"""The words of units of measure: base units, powers of ten, other spellings, English; how they are read is in units."""

from __future__ import annotations

import re
from types import MappingProxyType

MAGNITUDES = MappingProxyType(
    {"": 1.0, "十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9}
    | {"百亿": 1e10, "千亿": 1e11, "万亿": 1e12}
)

_COUNTED = """
元 美元 欧元 日元 港元
人 户 名 人年 人次 人时 人日 工日 户次
件 个 家 项 部 份 册 套 篇 种 所 张 床 次 条 宗 起 例 班 场 支 块 箱 本 幅
台 辆 艘 架 座 处 把 标台 标准箱 座位 客位 端 线 门
只 头 羽 株 枚
吨 吨标准煤 吨公里 吨海里 人公里
千瓦 千瓦时 焦耳 升 公顷 立方米
小时 机时 天 年 岁 倍
"""

ATOMS = MappingProxyType(
    {name: (name, 1.0) for name in _COUNTED.split()}
    | {"千米": ("米", 1e3), "公里": ("米", 1e3), "米": ("米", 1.0), "厘米": ("米", 1e-2), "毫米": ("米", 1e-3)}
    | {"千克": ("吨", 1e-3), "公斤": ("吨", 1e-3), "克": ("吨", 1e-6), "毫克": ("吨", 1e-9), "微克": ("吨", 1e-12)}
    | {
        "千瓦小时": ("千瓦时", 1.0),
        "度": ("千瓦时", 1.0),
        "兆瓦": ("千瓦", 1e3),
        "瓦": ("千瓦", 1e-3),
        "毫升": ("升", 1e-3),
    }
    | {"亩": ("公顷", 1 / 15), "平方公里": ("公顷", 100.0), "平方千米": ("公顷", 100.0), "平方米": ("公顷", 1e-4)}
    | {"%": ("%", 1.0), "‰": ("%", 0.1), "百分点": ("百分点", 1.0), "℃": ("℃", 1.0)}
    | {"MB": ("GB", 1 / 1024), "GB": ("GB", 1.0), "TB": ("GB", 1024.0), "PB": ("GB", 1024.0**2)}
)


def _words(lines: str) -> MappingProxyType[str, str]:
    """Lines such as "元: yuan; rmb" as spelling -> usual spelling."""
    found: dict[str, str] = {}
    for line in lines.strip().splitlines():
        usual, _, spellings = line.partition(":")
        found |= {spelling.strip(): usual.strip() for spelling in spellings.split(";")}
    return MappingProxyType(found)


SAME = _words(
    """
元: 人民币元; rmb; cny; 元人民币; 元(人民币)
万元: 万人民币; 人民币万元; 万元人民币; 万元(人民币)
亿元: 亿人民币; 亿人民币元; 人民币亿元; 亿元人民币; 亿元rmb; 亿元(人民币)
万美元: 美元(万)
美元: us$
吨标准煤: 标准煤吨; 吨标煤; tce
万吨标准煤: 万吨标煤; 万吨sce; 万吨ce; 万吨(标准煤)
标准箱: teu
万标准箱: 万teu
%: 百分比; 百分之
‰: per thousand; permille
℃: 摄氏度; °c
公斤: kg
亿千瓦时: 亿千瓦·时; 亿度; 亿kwh
千瓦时: 千瓦·时
平方米: ㎡; m2
万平方米: 万㎡; 万m2
立方米: m3
平方公里: km2; 平方公里(km2)
人/平方公里: 人/km2
公顷: hm2; 公倾
千公顷: 千公倾
万公顷: 万公倾
人年: 人·年
万人年: 万人·年
"""
)

ENGLISH = _words(
    """
元: yuan; rmb; rmb yuan; yuan rmb; cny
美元: usd; us dollar; us dollars; us$; dollars; u.s. dollars
人: person; persons; people
个: unit; units; enterprise; enterprises
项: item; items
件: piece; pieces; case; cases
户: household; households
吨: ton; tons; tonne; tonnes
吨标准煤: tce; tons of sce; tons of standard coal equivalent; ton of sce
公顷: hectare; hectares; ha
公里: km; kilometers
平方公里: sq.km; sq km
平方米: sq.m; sq m
立方米: cu.m; cu m
千瓦小时: kwh
千瓦: kw
人年: man-year; man-years; person-year; person-years; man year; man years
套: set; sets
册: copies; copy
次: times
人次: person-times
辆: vehicles
年: year; years
%: percent; per cent; pct; percentage
吨公里: ton-km
人公里: passenger-km
"""
)

COUNT_WORDS = _words(
    """
千: thousand; 1000; 1 000; 1k
万: 10000; 10 000; 10k; ten thousand; 10 thousand
十万: 100000; 100 000
百万: million; mn; 1000000; 1m
千万: 10 million
亿: 100 million; 100m; 100mn; 100million; hundred million; 100000000
十亿: billion; bn; 1bn
万亿: trillion
"""
)

ENGLISH_UNIT = re.compile(
    r"(?P<count>(?:(?:rmb|usd|us\$)\s+)?(?:[\d ]*\d)?\s*"
    r"(?:ten thousand|hundred million|thousand|millions?|billion|trillion|mn|bn|k|m(?=\s))?)\s*(?P<unit>.*)"
)
