"""The skill of counting a letter in a word: what people ask, how to think it through, what to answer."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assets.demo.training.turns import Turn
from assets.demo.training.words import draw_letter, draw_word

_ASK_BOTH = (
    "How many {c}'s in {w}?",
    "How many {c}'s are in {w}?",
    "How many {c}'s are there in {w}?",
    "How many {c} are in {w}?",
    "How many {c}s are in {w}?",
    "How many {c}'s does {w} have?",
    "How many {c}'s in the word {w}?",
    "How many {c}'s are there in the word {w}?",
    "How many times does {c} appear in {w}?",
    "How many times does the letter {c} occur in {w}?",
    "How often does {c} occur in {w}?",
    "How often is the letter {c} in {w}?",
    "How many letters {c} are in {w}?",
    "how many {c} in {w}",
    "how many {c}'s in {w}",
    "Count the {c}'s in {w}.",
    "Count the letter {c} in {w}.",
    "Please count the {c}'s in the word {w}.",
    "Can you count the {c}'s in {w}?",
    "Tell me how many {c}'s there are in {w}.",
    "What is the number of {c}'s in {w}?",
    "In {w}, how many {c}'s are there?",
    "The word is {w}. How many {c}'s does it have?",
    "I wrote {w}. How many {c}'s is that?",
    "number of {c} in {w}",
    "{w}: how many {c}'s?",
)
_ASK_WORD = (
    "And in {w}?",
    "What about {w}?",
    "How about {w}?",
    "And {w}?",
    "In {w}?",
    "Now {w}.",
    "Same for {w}.",
    "The same letter in {w}?",
    "And how many are in {w}?",
    "Then, how many in {w}?",
    "Count them in {w} too.",
)
_ASK_LETTER = (
    "And how many {c}'s?",
    "And {c}?",
    "And the {c}'s?",
    "What about {c}?",
    "What about the letter {c}?",
    "How about {c}'s?",
    "How many {c}'s then?",
    "Now the {c}'s.",
    "Count the {c}'s too.",
    "Same word, letter {c}?",
    "And how many {c}'s in it?",
)
_ASK_AGAIN = (
    "Really?",
    "Really??",
    "Are you sure?",
    "Sure?",
    "Is that right?",
    "Is that correct?",
    "Check again.",
    "Count again.",
    "Please recount.",
    "Hm, I doubt that.",
    "I don't think so.",
    "Can you check that?",
    "No way!",
)
_LEAD_IN = ("", "", "", "", "Then, ", "And ", "Ok, ", "Now ", "So ", "Next: ", "Thanks. ", "Hi! ")

_ZH_ASK_BOTH = (
    "{w} 里有几个 {c}？",
    "{w}里有几个{c}？",
    "{w} 中有几个 {c}？",
    "{w} 里有多少个 {c}？",
    "{w}中有多少个字母{c}？",
    "{w} 这个单词里有几个 {c}？",
    "单词 {w} 里有几个字母 {c}？",
    "单词{w}中字母{c}出现了几次？",
    "{c} 在 {w} 里出现了几次？",
    "字母 {c} 在 {w} 中出现多少次？",
    "请问 {w} 里有几个 {c}？",
    "请数一数 {w} 里的 {c}。",
    "数一下 {w} 里有几个 {c}",
    "帮我数数{w}里的{c}",
    "{w} 有几个 {c}",
    "你知道 {w} 里有几个 {c} 吗？",
)
_ZH_ASK_WORD = ("{w} 呢？", "那 {w} 呢？", "{w}呢", "那么 {w} 里有几个？", "再数数 {w}。", "{w} 里呢？")
_ZH_ASK_LETTER = ("{c} 呢？", "那 {c} 呢？", "{c}呢", "那么有几个 {c}？", "字母 {c} 呢？", "再数数 {c}。")
_ZH_ASK_AGAIN = (
    "真的吗？",
    "真的？",
    "你确定吗？",
    "确定吗",
    "再数一遍。",
    "请再数一次。",
    "我不信。",
    "对吗？",
    "不对吧？",
)
_ZH_LEAD_IN = ("", "", "", "", "那么，", "好的，", "请问，", "你好，")


@dataclass(frozen=True)
class _Tongue:
    """How people ask in one language."""

    both: Sequence[str]
    word: Sequence[str]
    letter: Sequence[str]
    again: Sequence[str]
    lead_in: Sequence[str]


_TONGUES = {
    "en": _Tongue(_ASK_BOTH, _ASK_WORD, _ASK_LETTER, _ASK_AGAIN, _LEAD_IN),
    "zh": _Tongue(_ZH_ASK_BOTH, _ZH_ASK_WORD, _ZH_ASK_LETTER, _ZH_ASK_AGAIN, _ZH_LEAD_IN),
}


@dataclass(frozen=True)
class Count:
    """A letter, a word, the language of the question, and whether this is a second look."""

    letter: str
    word: str
    language: str = "en"
    again: bool = False

    @property
    def truth(self) -> int:
        """How often the letter is in the word."""
        return self.word.count(self.letter)


def thinking(ask: Count) -> str:
    """The chain: every letter with its number and the count so far."""
    if ask.language == "zh":
        opening, closing = f"{'再数一遍' if ask.again else '数一数'} {ask.word} 里的字母 {ask.letter}。", "一共 {} 个。"
    else:
        opening = f"I count {'again ' if ask.again else ''}the letter {ask.letter} in {ask.word}."
        closing = "The count is {}."
    lines = [opening]
    so_far = 0
    for number, letter in enumerate(ask.word, 1):
        so_far += letter == ask.letter
        lines.append(f"{number} {letter}: {so_far}")
    return "\n".join([*lines, closing.format(so_far)])


def answer(ask: Count, count: int, previous: int | None = None) -> str:
    """The sentence that states `count`; after a second look, whether it confirms `previous`."""
    if ask.language == "zh":
        sentence = f"{ask.word} 里有 **{count}** 个 {ask.letter}。"
        confirms, corrects = "是的，", "我数错了，"
    else:
        what = f"is **1** {ask.letter}" if count == 1 else f"are **{count}** {ask.letter}'s"
        sentence = f"There {what} in {ask.word}."
        confirms, corrects = "Yes: t", "I was wrong: t"
        if ask.again:
            sentence = sentence[1:]
    if not ask.again:
        return sentence
    return (confirms if previous == count else corrects) + sentence


def _question(rng: random.Random, ask: Count, before: Count | None) -> str:
    tongue = _TONGUES[ask.language]
    if ask.again:
        return rng.choice(tongue.again)
    if before is not None and before.letter == ask.letter and before.word != ask.word:
        return rng.choice(tongue.word).format(w=ask.word)
    if before is not None and before.word == ask.word:
        return rng.choice(tongue.letter).format(c=ask.letter)
    text = rng.choice(tongue.both).format(c=ask.letter, w=ask.word)
    lead_in = rng.choice(tongue.lead_in)
    if lead_in and not lead_in.rstrip().endswith((".", "!", ":")) and not text.startswith((ask.word, "I ")):
        text = text[0].lower() + text[1:]
    return lead_in + text


def _next(rng: random.Random, before: Count | None, longest: int, language: str) -> Count:
    if before is None:
        word = draw_word(rng, longest)
        return Count(draw_letter(rng, word), word, language)
    kind = rng.random()
    if kind < 0.25:
        return replace(before, again=True)
    if kind < 0.5:
        letter = draw_letter(rng, before.word)
        if letter != before.letter:
            return Count(letter, before.word, language)
    word = draw_word(rng, longest)
    letter = before.letter if rng.random() < 0.6 else draw_letter(rng, word)
    return Count(letter, word, language)


def counting_turns(rng: random.Random, turns: int, longest: int) -> list[Turn]:
    """`turns` turns about counting, each of which may lean on the one before.

    An earlier answer is sometimes off by one, as quick answers are: a second look must not trust it.
    """
    language = "zh" if rng.random() < 0.2 else "en"
    made: list[Turn] = []
    before: Count | None = None
    said = 0
    for _ in range(turns):
        ask = _next(rng, before, longest, language)
        count = ask.truth
        right = answer(ask, count, said)
        slip = max(0, count + rng.choice((-1, 1)))
        wrong = answer(ask, slip, said) if rng.random() < 0.2 else right
        made.append(Turn(_question(rng, ask, before), thinking(ask), right, wrong))
        said = count if wrong == right else slip
        before = replace(ask, again=False)
    return made
