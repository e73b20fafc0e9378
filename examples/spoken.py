"""Numbers and dates in words and figures: the tasks of the small models of marian/ and t5/, made by rules.

The tokenizer is one token a character; `end` closes every text.
"""
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
        "nineteen").split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
EINS = ("null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn "
        "neunzehn").split()
ZEHN = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
MONTHS = "January February March April May June July August September October November December".split()


def english(n):
    """0 to 9999: "three thousand and five", "seventy-one"."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")
    size, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = n % size
    return f"{ONES[n // size]} {name}" + ("" if not rest else f" and {english(rest)}" if rest < 100 else f" {english(rest)}")


def german(n, last=True):
    """0 to 9999: "dreitausendfünf", "einundsiebzig"."""
    if n < 20:
        return "eins" if n == 1 and last else EINS[n]
    if n < 100:
        return (f"{EINS[n % 10]}und" if n % 10 else "") + ZEHN[n // 10]
    size, name = (1000, "tausend") if n >= 1000 else (100, "hundert")
    return EINS[n // size] + name + (german(n % size) if n % size else "")


def date_pairs(day, month, year):
    """Ways to write a date, each with its ISO form."""
    iso = f"{year}-{month:02}-{day:02}"
    name = MONTHS[month - 1]
    return [(f"{day} {name} {year}", iso), (f"{name} {day}, {year}", iso), (f"{day}.{month}.{year}", iso)]


def tokenizer(texts, specials):
    """A token a character of the texts, after the special tokens."""
    letters = sorted({letter for text in texts for letter in text})
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate([*specials, *letters])}, unk_token=specials[-1]))
    words.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    words.decoder = decoders.Fuse()
    words.add_special_tokens(list(specials))
    return words
