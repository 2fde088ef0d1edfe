"""English words in a text that should be Turkish."""

from __future__ import annotations

import re
from collections.abc import Collection

_FUNCTION_WORDS = """
about after all also and any are as be because been before between by can cannot could did do does done each either
else every few first for from had has have how if into is it its last least less many more most much must never new
newest next none nothing of off old once only or other out over own per same shall should since so some such than
that the their them then there these they this those to too under until up use used using very was were what when
where whether which while who whose why will with within without would yet you your
"""
_LABELS = """
accuracy actual add attempt automation average baseline best calibration cancel candidate canary changed checkpoint
choose column columns compare comparison config coverage created dataset datasets date days delete deployment
description details drift ended error errors evaluation event events executed failed file files finished fitted
forecast forecasts frequency gate help horizon hour hours image images input interval intervals judge judged learned
ledger limit loss lower members message missing month months name naive notification notifications number outcome
outcomes predict predicted prediction predictions project promote promoted queued rank reason refit report restore
resume row rows run running runs schedule schedules search season secret seconds series settings shadow share show
skill slice source start started state status step steps stop stored study succeeded target time title token tokens
training trash trial trials value values verdict version versions waiting week weekly worker write year years
"""
#: Words that English sentences need, and that are no Turkish words ("on", "an", "at", "in", "no", "not" and "may" are).
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
#: Words of labels: the product's own terms, as far as Turkish has other words for them.
LABELS = frozenset(_LABELS.split())
#: Parts that are the same in every language: commands, code, quoted names, addresses, paths, options, placeholders.
_SAME = (
    re.compile(r"```.*?```", re.S),
    re.compile(r"`[^`\n]*`"),
    re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|“[^”\n]*”"),
    re.compile(r"\bazuraforge( [a-z-]+| [A-Z]+\b| \[?--?\S+| \S*[.:/=]\S*)*"),
    re.compile(r"<[^<>\n]*>|\{[^{}\n]*\}|\[[^\[\]\n]*\]\([^()\s]*\)"),
    re.compile(r"\S*[_/\\=@$~]\S*|\S*[a-zçğıöşü]\.[a-z]\S*|--?\w\S*"),
)
_WORD = re.compile(r"(?<![\w'’.-])[A-Za-z]+(?![\w'’-])")


def english_words(text: str, *, labels: bool = True, names: Collection[str] = ()) -> list[str]:
    """Return the English words of a text that should be Turkish, each once.

    Args:
        labels: also look for the words of labels; without them, the names of commands and arguments pass.
        names: names in the text, such as a dataset's.

    Example:
        >>> english_words("3 satır eksik; run azuraforge runs list"), english_words("the run 'the run' başarısız")
        (['run'], ['the', 'run'])
    """
    for name in names:
        text = text.replace(name, " ")
    for same in _SAME:
        text = same.sub(" ", text)
    words = dict.fromkeys(word for word in _WORD.findall(text) if not word.isupper())
    english = FUNCTION_WORDS | LABELS if labels else FUNCTION_WORDS
    return [word for word in words if word.lower() in english]
