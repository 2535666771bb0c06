"""Writes docs/sentences.md: every sentence a person can read, in pages, mails, forms and at the terminal.

`python -m scripts.sentences` writes it anew from the source. It is there to be read through in one place.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "sentences.md"
PACKAGES = ("workflows", "reviews", "notifications", "web")
UNREAD = {"static", "demo"}
"""Folders of others' files, and of the invented texts of the demonstration."""

HEAD = """\
# Sentences

Made by `make docs` from the source: what a person can read in pages, mails, forms and at the terminal, by folder.
Values stand in braces. Change a sentence where it is written, not on this page.
"""

SPOKEN = re.compile(
    "Refused|NotReady|NotAllowed|NotFound|Stale|WrongStage|WrongRole|Unreadable|UnsafeSettings|Unsafe|Unsound"
    "|NotADefinition|NotYaml|RowRefused|RefusedForGood|TryLater|Unreachable|MailboxFault|ValidationError"
    "|StopValidation|guard|flash|echo|ClickException|UsageError|BadParameter|option|argument"
    "|InputRequired|DataRequired|Optional|Length|NumberRange|Regexp|NeededIf|[A-Za-z]*Field"
)
"""Calls whose texts are read by a person."""

SENTENCE = re.compile(r"[A-Z“{].*\s.*\s.*[.?!]”?", re.DOTALL)
"""What is read as a sentence wherever it stands: it begins with a capital, has three words and an end."""

TEMPLATE_TEXT = re.compile(
    r"<(h[1-6]|p|li|dt|dd|th|caption|legend|label|a|strong|button|title)\b[^>]*>(.*?)</\1>", re.S
)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
QUOTED = re.compile(r'"([A-Z][^"]*\s[^"]*)"')
LONGEST_VALUE = 40


def page() -> str:
    parts = [HEAD]
    for folder, sentences in sorted(by_folder().items()):
        parts.append(f"\n## {folder}\n\n" + "".join(f"- {sentence}\n" for sentence in sentences))
    return "".join(parts)


def by_folder() -> dict[str, list[str]]:
    """Give the sentences of each folder, in the order of its files, each once."""
    found: dict[str, dict[str, None]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if UNREAD & set(path.parts) or path.suffix not in (".py", ".html", ".txt"):
                continue
            text = path.read_text(encoding="utf-8")
            sentences = in_source(text) if path.suffix == ".py" else in_template(text, is_mail=path.suffix == ".txt")
            folder = path.relative_to(ROOT).parent.as_posix()
            if written := dict.fromkeys(" ".join(sentence.split()) for sentence in sentences):
                found.setdefault(folder, {}).update(written)
    return {folder: list(sentences) for folder, sentences in found.items()}


def in_source(text: str) -> Iterator[str]:
    """Give the texts of calls that speak to a person, and every other literal that reads as a sentence."""
    tree = ast.parse(text)
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    yield from _texts(tree, documented, spoken=False)


def in_template(text: str, *, is_mail: bool) -> Iterator[str]:
    """Give headings, paragraphs and the like of a page, or the lines of a mail, and the texts given to macros."""
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    for tag in JINJA.findall(text):
        yield from QUOTED.findall(tag)
    pieces = text.splitlines() if is_mail else [match[2] for match in TEMPLATE_TEXT.finditer(text)]
    for piece in pieces:
        words = re.sub(r"<[^>]*>", " ", JINJA.sub(_value_in_template, piece))
        if re.search(r"[A-Za-z]{2}", re.sub(r"\{[^}]*\}", "", words)):
            yield words


def _texts(node: ast.AST, documented: set[int], *, spoken: bool) -> Iterator[str]:
    if id(node) in documented and isinstance(node, ast.Constant):
        return
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        text = _written(node)
        if SENTENCE.fullmatch(text) or (spoken and re.search(r"[A-Za-z]{2}.*\s", text)):
            yield text
        if isinstance(node, ast.Constant):
            return
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        spoken = spoken or SPOKEN.fullmatch(name) is not None
    for child in ast.iter_child_nodes(node):
        if not isinstance(node, ast.JoinedStr) or isinstance(child, ast.FormattedValue):
            yield from _texts(child, documented, spoken=spoken and not isinstance(node, ast.JoinedStr))


def _written(node: ast.expr) -> str:
    """Give a literal as it is read, with what is put in between braces."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.FormattedValue):
        value = ast.unparse(node.value)
        return "{" + (value if len(value) <= LONGEST_VALUE else "…") + "}"
    return "".join(_written(part) for part in node.values) if isinstance(node, ast.JoinedStr) else ""


def _value_in_template(match: re.Match[str]) -> str:
    if match[0].startswith("{%"):
        return " "
    value = match[0][2:-2].strip(" -")
    return "{" + (value if len(value) <= LONGEST_VALUE else "…") + "}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
