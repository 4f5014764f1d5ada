"""Goods: the categories that are traded, what they cost and weigh, and how easily a thief resells them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairdeal.simulator.chance import Floats


@dataclass(frozen=True)
class Category:
    """A category of goods.

    Parameters
    ----------
    name
        In the marketplace's words.
    price
        Median price in yuan.
    spread
        Standard deviation of the price's logarithm.
    weight
        Median weight in grams; 0 for what needs no parcel.
    demand
        Relative number of orders.
    resale
        How much a thief likes it, relative to the others.
    nouns
        What the listings are called.
    """

    name: str
    price: float
    spread: float
    weight: float
    demand: float
    resale: float
    nouns: tuple[str, ...]


CATEGORIES: tuple[Category, ...] = (
    Category("服装鞋包", 139, 0.65, 520, 18, 0.6, ("针织开衫", "羽绒服", "休闲长裤", "帆布鞋", "斜挎包", "连衣裙", "衬衫")),
    Category("手机通讯", 1399, 0.60, 420, 5, 6.0, ("智能手机", "蓝牙耳机", "充电宝", "手机壳套装", "智能手表")),
    Category("数码电器", 489, 0.80, 1500, 9, 4.0, ("机械键盘", "电饭煲", "吹风机", "平板电脑", "空气炸锅", "移动硬盘")),
    Category("美妆护肤", 129, 0.70, 260, 12, 1.5, ("精华液", "口红", "防晒霜", "洁面乳", "面膜礼盒")),
    Category("食品生鲜", 59, 0.55, 1400, 16, 0.2, ("坚果礼盒", "有机大米", "车厘子", "牛肉干", "咖啡豆", "酸奶")),
    Category("母婴用品", 119, 0.60, 1300, 8, 0.6, ("纸尿裤", "婴儿推车", "奶瓶", "辅食", "儿童绘本架")),
    Category("家居日用", 69, 0.70, 1100, 13, 0.2, ("四件套", "收纳箱", "保温杯", "台灯", "晾衣架", "洗衣液")),
    Category("运动户外", 189, 0.70, 900, 6, 1.0, ("跑步鞋", "瑜伽垫", "登山包", "羽毛球拍", "速干衣")),
    Category("图书文具", 49, 0.50, 480, 6, 0.1, ("小说", "钢笔", "教辅", "手账本", "画册")),
    Category("珠宝首饰", 699, 0.90, 90, 2, 4.0, ("银手链", "珍珠项链", "金戒指", "耳钉")),
    Category("充值卡券", 100, 0.70, 0, 4, 4.0, ("话费充值", "游戏点卡", "视频会员", "购物卡")),
    Category("宠物用品", 79, 0.60, 1700, 4, 0.2, ("猫粮", "狗粮", "猫砂", "牵引绳", "猫爬架")),
)

DEMAND: Floats = np.array([category.demand for category in CATEGORIES], dtype=np.float64)
RESALE: Floats = np.array([category.resale for category in CATEGORIES], dtype=np.float64)
IS_VIRTUAL = np.array([category.weight == 0 for category in CATEGORIES], dtype=np.bool_)
NAMES: tuple[str, ...] = tuple(category.name for category in CATEGORIES)

REGIONS: tuple[str, ...] = (
    "广东",
    "浙江",
    "江苏",
    "上海",
    "北京",
    "山东",
    "四川",
    "湖北",
    "河南",
    "福建",
    "陕西",
    "辽宁",
    "香港",
    "新加坡",
)
REGION_SHARE: Floats = np.array([16, 12, 11, 8, 8, 8, 7, 6, 6, 5, 4, 4, 3, 2], dtype=np.float64)
