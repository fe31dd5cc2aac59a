"""The skill of adding and subtracting whole numbers from 0 to 999, column by column."""

import random
from dataclasses import dataclass

from assets.demo.training.turns import Turn

LARGEST = 999

_ASK = {
    "+": (
        "What is {a} + {b}?",
        "What's {a} + {b}?",
        "{a} + {b}",
        "{a} + {b} = ?",
        "{a}+{b}",
        "{a}+{b}=",
        "{a} + {b}?",
        "what is {a}+{b}",
        "How much is {a} + {b}?",
        "How much is {a} plus {b}?",
        "What is {a} plus {b}?",
        "{a} plus {b}",
        "Add {a} and {b}.",
        "Add {b} to {a}.",
        "Please add {a} and {b}.",
        "Calculate {a} + {b}.",
        "Compute {a} + {b}",
        "What is the sum of {a} and {b}?",
        "The sum of {a} and {b}?",
        "Can you add {a} and {b}?",
        "I have {a} and get {b} more. How many is that?",
        "What do {a} and {b} make?",
        "{a} 加 {b} 等于多少？",
        "{a}加{b}是多少？",
        "{a} + {b} 等于几？",
        "计算 {a} + {b}",
    ),
    "-": (
        "What is {a} - {b}?",
        "What's {a} - {b}?",
        "{a} - {b}",
        "{a} - {b} = ?",
        "{a}-{b}",
        "{a}-{b}=",
        "{a} - {b}?",
        "what is {a}-{b}",
        "How much is {a} - {b}?",
        "How much is {a} minus {b}?",
        "What is {a} minus {b}?",
        "{a} minus {b}",
        "Subtract {b} from {a}.",
        "Take {b} away from {a}.",
        "Please subtract {b} from {a}.",
        "Calculate {a} - {b}.",
        "Compute {a} - {b}",
        "What is the difference between {a} and {b}?",
        "What is {a} less {b}?",
        "Can you subtract {b} from {a}?",
        "{a} 减 {b} 等于多少？",
        "{a}减{b}是多少？",
        "{a} - {b} 等于几？",
        "计算 {a} - {b}",
    ),
}


@dataclass(frozen=True)
class Sum:
    """A calculation: `sign` is + or -."""

    a: int
    b: int
    sign: str

    @property
    def truth(self) -> int:
        """The result."""
        return self.a + self.b if self.sign == "+" else self.a - self.b

    def __str__(self) -> str:
        return f"{self.a} {self.sign} {self.b}"


def _digits(number: int, width: int) -> list[int]:
    """The last `width` digits, the smallest place first."""
    return [number // 10**place % 10 for place in range(width)]


def _add(a: int, b: int) -> list[str]:
    width = max(len(str(a)), len(str(b)))
    lines = [f"{a:0{width}} + {b:0{width}}"]
    carry = 0
    for x, y in zip(_digits(a, width), _digits(b, width), strict=True):
        total = x + y + carry
        lines.append(f"{x} + {y} + {carry} = {total}: {total % 10}, carry {total // 10}")
        carry = total // 10
    return lines


def _subtract(a: int, b: int) -> list[str]:
    if a < b:
        return [f"{a} is less than {b}, so the result is minus {b} - {a}.", *_subtract(b, a)]
    width = len(str(a))
    lines = [f"{a:0{width}} - {b:0{width}}"]
    borrow = 0
    for x, y in zip(_digits(a, width), _digits(b, width), strict=True):
        left = x - y - borrow
        borrowed = int(left < 0)
        lines.append(f"{x} - {y} - {borrow} = {left}: {left % 10}, borrow {borrowed}")
        borrow = borrowed
    return lines


def thinking(task: Sum) -> str:
    """The columns from the right, each with what it carries or borrows."""
    lines = _add(task.a, task.b) if task.sign == "+" else _subtract(task.a, task.b)
    return "\n".join([*lines, f"The result is {task.truth}."])


def answer(task: Sum) -> str:
    """The sentence that states the result."""
    return f"{task} = **{task.truth}**"


def draw_sum(rng: random.Random) -> Sum:
    """A calculation with numbers of one to three digits."""
    a, b = (rng.randrange(10 ** rng.choice((1, 2, 3, 3))) for _ in range(2))
    return Sum(a, b, rng.choice("+-"))


def is_held_out(task: Sum) -> bool:
    """Whether `task` is one of the fortieth part that training never sees."""
    return (task.a * 1009 + task.b * 17) % 40 == 7


def arithmetic_turn(rng: random.Random) -> Turn:
    """One calculation, asked in one of many ways."""
    task = draw_sum(rng)
    while is_held_out(task):
        task = draw_sum(rng)
    said = answer(task)
    if rng.random() < 0.1:
        said = f"{task} = **{task.truth + rng.choice((-10, -1, 1, 10, 100))}**"
    return Turn(rng.choice(_ASK[task.sign]).format(a=task.a, b=task.b), thinking(task), answer(task), said)
