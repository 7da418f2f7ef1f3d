"""YAML texts as nobody should write them, with numbered comments wherever one may stand."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

WORDS = (
    "plain",
    "two words",
    "a#b",
    "x: y",
    "'",
    '"',
    "",
    "1",
    "1.10",
    "yes",
    "~",
    "*",
    "ünï",
    "a, b",
    "\u00a0x",
    "-",
    "\\",
)
LINES = ("one", "  two more", "# no comment", "", "- item", "key: value", " ", "tail  ", "\u00a0three")
KINDS = ("word", "flow", "nothing", "block", "quoted", "alias", "lines", "mapping", "mapping", "sequence")


class Scribe:
    """Writes one document. Every choice is drawn, so that what fails shrinks."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.comments = 0
        self.anchors: list[tuple[str, bool]] = []

    def choose(self, *options: Any) -> Any:
        return self.data.draw(st.sampled_from(options))

    def comment(self) -> str:
        self.comments += 1
        return f"# {self.comments} said{self.choose('', ' ', '  # twice', ': “x”')}"

    def noise(self, column: int) -> str:
        """What may stand before an entry: blank lines and comments, at any distance from the margin."""
        rows = [self.choose("", "", "\n", "\n\n\n", "  \n")]
        if self.choose(True, False, False):
            rows.append(f"{' ' * self.choose(column, column, 0, column + 1, column + 5)}{self.comment()}\n")
        return "".join(self.choose(rows, rows[::-1]))

    def end(self) -> str:
        return (
            f"{' ' * self.choose(1, 4)}{self.comment()}\n"
            if self.choose(True, False, False)
            else self.choose("\n", " \n")
        )

    def document(self) -> str:
        head = self.choose("", "", f"{self.comment()}\n", "\n\n", "---\n")
        return f"{head}{self.mapping(0, 3)}{self.noise(0)}{self.choose('', '', '...')}"

    def mapping(self, column: int, depth: int) -> str:
        rows = []
        if self.choose(True, False, False, False) and (names := [n for n, mapping in self.anchors if mapping]):
            rows.append(f"{' ' * column}<<: *{self.choose(*names)}{self.end()}")
        for number in range(self.choose(1, 2, 3)):
            key = f"{self.choose('k', 'key ', 'ü.')}{number}"
            written = self.choose(key, f"'{key}'", f'"{key}"') + self.choose("", "", " ")
            rows.append(f"{self.noise(column)}{' ' * column}{written}:{self.value(column, depth)}")
        return "".join(rows)

    def sequence(self, column: int, depth: int) -> str:
        return "".join(
            f"{self.noise(column)}{' ' * column}-{self.value(column, depth, key=False)}"
            for _ in range(self.choose(1, 2, 3))
        )

    def value(self, column: int, depth: int, *, key: bool = True) -> str:
        """A value behind its key or dash, up to the next line; perhaps with an anchor, known from there on."""
        below = column + self.choose(1, 2, 4)
        gap = " " * self.choose(1, 1, 3)
        name = f"a{len(self.anchors)}-{column}-{depth}" if self.choose(True, False, False) else ""
        anchor = f" &{name}" if name else ""
        kind = self.choose(*(KINDS if depth else KINDS[:-3]))
        match kind:
            case "mapping":
                text = f"{anchor}{self.end()}{self.mapping(below, depth - 1)}"
            case "sequence":
                bare = self.choose(True, False) and key  # dashes right below their key
                text = f"{anchor}{self.end()}{self.sequence(column if bare else below, depth - 1)}"
            case "flow":
                text = f"{anchor}{gap}{self.flow(below, 2)}{self.end()}"
            case "block":
                text = f"{anchor}{gap}{self.literal(column)}"
            case "quoted":
                text = f"{anchor}{gap}{self.quoted(below)}{self.end()}"
            case "lines":
                text = f"{anchor}{gap}plain\n{self.choose('', chr(10))}{' ' * below}and on\n"
            case "alias" if self.anchors:
                return f"{gap}*{self.choose(*self.anchors)[0]}{self.end()}"
            case "nothing":
                text = f"{anchor}{self.end()}"
            case _:
                text = f"{anchor}{self.choose(gap, gap, self.end() + ' ' * below)}{self.word()}{self.end()}"
        if name:
            self.anchors.append((name, kind == "mapping"))
        return text

    def word(self) -> str:
        word = self.choose(*WORDS)
        single = "'" + word.replace("'", "''") + "'"
        double = '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
        plain = word if word.isascii() and word.replace(" ", "x").isalnum() else single
        return str(self.choose(single, double, plain))

    def quoted(self, column: int) -> str:
        quote = str(self.choose("'", '"'))
        lines = [self.choose("one", "two  ", "", "# no comment", "x: y") for _ in range(self.choose(2, 3))]
        return quote + f"\n{' ' * column}".join(lines) + quote

    def flow(self, column: int, depth: int) -> str:
        opened, closed = self.choose("[]", "{}")
        parts = []
        for number in range(self.choose(0, 1, 2, 3)):
            value = self.flow(column, depth - 1) if depth and self.choose(True, False) else self.word()
            parts.append(f"{self.gap(column)}{f'f{number}: ' if opened == '{' else ''}{value}{self.gap(column)}")
        return f"{opened}{','.join(parts)}{self.gap(column)}{closed}"

    def gap(self, column: int) -> str:
        """Between two tokens of a flow collection."""
        margin = "\n" + " " * column
        commented = f" {self.comment()}{margin}" if self.choose(True, False, False, False) else ""
        return str(self.choose("", "", " ", "   ", margin, f"\n{margin}")) + commented

    def literal(self, column: int) -> str:
        """A literal or folded text, with whatever indicators it needs and some that it does not."""
        lines = [self.choose(*LINES) for _ in range(self.choose(1, 2, 3, 4))]
        digit = self.choose(1, 2, 3)
        first = next((line for line in lines if line.strip(" ")), " ")
        told = str(digit) if first.startswith(" ") or not lines[0].strip(" ") or self.choose(True, False) else ""
        chomp = self.choose("", "", "-", "+")
        head = f"{self.choose('|', '>')}{self.choose(told + chomp, chomp + told)}"
        body = "".join(f"{' ' * (column + digit)}{line}\n" if line else "\n" for line in lines)
        return f"{head}{self.end()}{body}"
