"""The skill of counting a letter in a word: what people ask, how to think it through, what to answer."""

import random
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


@dataclass(frozen=True)
class Count:
    """A letter, a word, and whether this is a second look at them."""

    letter: str
    word: str
    again: bool = False

    @property
    def truth(self) -> int:
        return self.word.count(self.letter)


def thinking(ask: Count) -> str:
    """The chain: every letter with its number and the count so far."""
    opening = "I count again" if ask.again else "I count"
    lines = [f"{opening} the letter {ask.letter} in {ask.word}."]
    so_far = 0
    for number, letter in enumerate(ask.word, 1):
        so_far += letter == ask.letter
        lines.append(f"{number} {letter}: {so_far}")
    return "\n".join([*lines, f"The count is {so_far}."])


def answer(ask: Count, count: int, previous: int | None = None) -> str:
    """The sentence that states `count`; after a second look, whether it confirms `previous`."""
    what = f"is **1** {ask.letter}" if count == 1 else f"are **{count}** {ask.letter}'s"
    if not ask.again:
        return f"There {what} in {ask.word}."
    return f"Yes, there {what} in {ask.word}." if previous == count else f"I was wrong: there {what} in {ask.word}."


def _question(rng: random.Random, ask: Count, before: Count | None) -> str:
    if ask.again:
        return rng.choice(_ASK_AGAIN)
    templates = _ASK_BOTH
    if before is not None and before.letter == ask.letter:
        templates = _ASK_WORD
    elif before is not None and before.word == ask.word:
        templates = _ASK_LETTER
    text = rng.choice(templates).format(c=ask.letter, w=ask.word)
    if templates is _ASK_BOTH and (lead_in := rng.choice(_LEAD_IN)):
        keep = lead_in.rstrip().endswith((".", "!", ":")) or text.startswith((ask.word, "I wrote", "The word"))
        text = lead_in + (text if keep else text[0].lower() + text[1:])
    return text


def _next(rng: random.Random, before: Count | None, longest: int) -> Count:
    if before is None:
        word = draw_word(rng, longest)
        return Count(draw_letter(rng, word), word)
    kind = rng.random()
    if kind < 0.25:
        return replace(before, again=True)
    if kind < 0.5:
        letter = draw_letter(rng, before.word)
        if letter != before.letter:
            return Count(letter, before.word)
    word = draw_word(rng, longest)
    letter = before.letter if rng.random() < 0.6 else draw_letter(rng, word)
    return Count(letter, word)


def counting_turns(rng: random.Random, turns: int, longest: int) -> list[Turn]:
    """`turns` turns about counting, each of which may lean on the one before.

    An earlier answer is sometimes off by one, as quick answers are: a second look must not trust it.
    """
    made: list[Turn] = []
    before: Count | None = None
    said = 0
    for _ in range(turns):
        ask = _next(rng, before, longest)
        count = ask.truth
        right = answer(ask, count, said)
        slip = max(0, count + rng.choice((-1, 1)))
        wrong = answer(ask, slip, said) if rng.random() < 0.2 else right
        made.append(Turn(_question(rng, ask, before), thinking(ask), right, wrong))
        said = count if wrong == right else slip
        before = replace(ask, again=False)
    return made
