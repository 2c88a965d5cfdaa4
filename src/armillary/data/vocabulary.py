"""Words that people say to machines: digits, numbers, ordinals, letters, days, commands."""

from __future__ import annotations

import re

DIGITS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "zh": ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "it": ("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
    "ru": ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"),
}
LONE_DIGIT = re.compile(r"(?<![\w.,-])\d(?![\w-]|[.,]\d)")

TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", *(f"{teen}th" for teen in TEENS[3:]), *(f"{tens[:-1]}ieth" for tens in TENS)),
    *("hundredth", "thousandth", "millionth"),
)
ALPHABET = tuple("abcdefghijklmnopqrstuvwxyz")
SPELLING = (
    *("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"),
    *("kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango"),
    *("uniform", "victor", "whiskey", "xray", "yankee", "zulu"),
)
SIGNS = (
    *("star", "asterisk", "pound", "hash", "dash", "dot", "slash", "at", "plus", "minus", "equals", "space"),
    *("dollar sign", "percent", "ampersand", "exclamation point", "question mark", "comma", "period"),
    *("colon", "semicolon", "quote", "left bracket", "right bracket", "left brace", "right brace"),
    *("left parenthesis", "right parenthesis", "underscore", "tilde", "caret", "pipe", "backslash"),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
TIMES = ("today", "tomorrow", "yesterday", "a m", "p m", "o'clock", "noon", "midnight")
COMMANDS = ("yes", "no", "stop", "go", "left", "right", "up", "down", "on", "off", "open", "close", "help")

# A november is a month and a letter: each text stands once.
ENGLISH = tuple(
    dict.fromkeys(
        (
            *(*DIGITS["en"], "oh", *TEENS, *TENS),
            *(f"{tens} {ones}" for tens in TENS for ones in DIGITS["en"][1:]),
            *("hundred", "thousand", "million", "billion", "dollars", "cents"),
            *(*ORDINALS, *ALPHABET, *SPELLING, *SIGNS, *DAYS, *MONTHS, *TIMES, *COMMANDS),
        )
    )
)
CHINESE = (
    *DIGITS["zh"],
    *(f"{tens}十{ones}" for tens in ("", *DIGITS["zh"][2:]) for ones in ("", *DIGITS["zh"][1:])),
    *("是", "不是", "停", "开始", "左", "右", "上", "下", "打开", "关闭", "一百", "一千"),
)

INITIALS = {  # of Mandarin syllables in pinyin, by the final that follows
    "a": "b p m f d t n l g k h zh ch sh z c s",
    "ai": "b m d t l g k h zh c",
    "an": "b p m f d t n l g k h zh ch sh z",
    "ang": "b m f d t l g h zh ch sh r",
    "ao": "b m d t l g k h zh ch sh z c",
    "ei": "b m f l h",
    "en": "b m f g k h zh sh r",
    "eng": "d l g zh ch sh",
    "i": "b p m d t n l j q x",
    "ia": "j x",
    "ian": "b m d t l j q x",
    "iang": "l j q x",
    "iao": "b m d t l j q x",
    "ie": "b d t l j q x",
    "in": "m l j q x",
    "ing": "b m d t l j q x",
    "iong": "x",
    "iu": "l j q x",
    "ong": "d t l g k h zh ch z",
    "ou": "m d t l g k h zh sh z",
    "u": "b m f d t l g k h zh ch sh z s j q x",
    "ua": "g h",
    "uai": "k",
    "uan": "d l g h q",
    "uang": "g h",
    "ue": "j x",
    "ui": "d t g h sh",
    "un": "d l g h ch j x",
    "uo": "d t l g h sh",
    "v": "l",
}
WITHOUT_INITIAL = (
    *("yi", "ya", "ye", "yao", "you", "yan", "yin", "yang", "ying", "wu", "wa", "wo", "wai", "wei"),
    *("wan", "wen", "wang", "yu", "yue", "yuan", "yun", "yong", "ai", "ou"),
)
SYLLABLES = (
    *(initial + final for final, initials in INITIALS.items() for initial in initials.split()),
    *WITHOUT_INITIAL,
)
TONES = {"1": "ˉ", "2": "ˊ", "3": "ˇ", "4": "ˋ"}  # the number behind a syllable of pinyin, its mark


def digits_spelled(text: str, language: str) -> str:
    """Return ``text`` with each digit that stands alone as a word: press 1 becomes press one."""
    return LONE_DIGIT.sub(lambda digit: DIGITS[language][int(digit.group())], text)
