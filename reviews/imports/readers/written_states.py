"""Reads how far the work is, as people write it: done, stopped, waiting, going on or not begun.

Only what is said plainly is taken. Whatever may mean that the work has ended is put to a person: until they decide, the
action is neither counted as done nor late.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from reviews.imports.readers.cells import folded
from reviews.imports.readers.written_dates import read_date
from workflows.core.labels import sentence
from workflows.definitions.action import DROPPED, ActionStage

Stage = ActionStage
Completed = Literal["yes", "awaiting_impact", "stopped", "no", "not_stated", "doubt"]


@dataclass(frozen=True, slots=True)
class ReadState:
    """`stage` is what the text says plainly. In doubt, `reason` is a sentence, and `offered` may be chosen from.

    Without either the text says nothing about an end: the stage follows from the dates and the progress.
    """

    stage: ActionStage | None = None
    reason: str = ""
    offered: tuple[ActionStage, ...] = ()
    is_stated: bool = True

    @property
    def completed(self) -> Completed:
        if self.reason:
            return "doubt"
        if self.stage in DROPPED:
            return "stopped"
        if self.stage in ENDED_AS:
            return ENDED_AS[self.stage]
        return "no" if self.is_stated else "not_stated"


ENDED_AS: Mapping[ActionStage | None, Completed] = {
    Stage.COMPLETE: "yes",
    Stage.EMBEDDED: "yes",
    Stage.AWAITING_IMPACT: "awaiting_impact",
}
NOT_STATED = ReadState(is_stated=False)
STILL_OPEN = ReadState()
MAYBE_DONE = (Stage.COMPLETE, Stage.AWAITING_IMPACT, Stage.IN_PROGRESS, Stage.NOT_STARTED)
MAYBE_STOPPED = (Stage.NOT_NEEDED, Stage.SUPERSEDED, Stage.REJECTED, Stage.COMPLETE, Stage.IN_PROGRESS)
ANY_STAGE = (Stage.IN_PROGRESS, Stage.COMPLETE, Stage.NOT_STARTED, Stage.BLOCKED, Stage.NOT_NEEDED)
DECIDE_DONE = "Decide whether this action is done."
NOT_CLEAR = f"The status is not clear. {DECIDE_DONE}"
STOPPED_PERHAPS = "The status may mean that the action was stopped. Decide whether it has ended, and how."
A_CODE = "The status is a code, and the file does not say what it means. Decide how far the action is."
A_TICK = f"A tick alone is not clear. {DECIDE_DONE}"


def stage_name(stage: ActionStage) -> str:
    """What a stage is called where somebody chooses among several."""
    return stage.name.lower()


STAGES_BY_NAME: Mapping[str, ActionStage] = {
    **{stage.value: stage for stage in Stage},
    **{stage_name(stage): stage for stage in Stage},
}
"""The answers to a doubt about the state; the names that are stored are understood as well."""

DECIDABLE = (
    Stage.NOT_STARTED,
    Stage.IN_PROGRESS,
    Stage.BLOCKED,
    Stage.COMPLETE,
    Stage.AWAITING_IMPACT,
    Stage.EMBEDDED,
    Stage.REJECTED,
    Stage.SUPERSEDED,
    Stage.TRANSFERRED,
    Stage.NOT_NEEDED,
)
"""The stages that a person may decide on. What was only submitted waits for its acceptance here."""

_DONE = r"(?:completed?|closed|done|finished)"
_PLAINLY_DONE = re.compile(
    rf"(?:action )?(?:(?:fully |now |100% )*{_DONE}|100%(?: complete[d]?)?)"
    r"(?: (?:and|-) (?:closed|completed?|implemented|achieved|delivered|met|resolved|successful))*"
    r"(?: \((?:blue|green)\))?"
)
_DONE_ON = re.compile(r"(?:action )?(?:completed?|closed|done|finished)\b\s*[-:(]*\s*(?:on |in )?(?P<day>.+?)\)?")
_AWAITING_IMPACT = re.compile(
    r"(?:action )?(?:fully |now )*(?:completed?|closed|done|finished)\b[\s,;:(-]*(?:(?:and|but) )?(?:still )?"
    r"(?:awaiting|awaits|pending|waiting for)(?: (?:evidence|proof|assessment|review|check) of)?(?: its| the)? impact"
    r"(?: check| evidence| assessment| review)?\)?"
)
_COLOUR = re.compile(r"(dark |light )?(red|amber|green|blue|yellow|grey|gray|orange|purple|white|black|r|a|g|b)")
_TICKS = re.compile(r"[\u2705\u2713\u2714\u2611\u221a\U0001f5f8\U0001f5f9\ufe0f ]+")
_CROSSES = re.compile(r"[\u2717\u2718\u274c\u2716\u274e\u2610\ufe0f ]+")
_PERCENT = re.compile(r"(?P<number>\d{1,3})(?:\.\d+)? ?%(?: (?:completed?|done|achieved|progress))?")
_NUMBER = re.compile(r"\d{1,3}(?:\.\d+)?")
_CODE = re.compile(r"\(?[a-z]?\d{1,2}[a-z]?[.)]?|[c-fh-mo-qs-xz]")
_CLOSED = re.compile(r"^(?:(?:action|status) )?(?:closed|close|resolved)\s*[-:(/,]+\s*")
_OPEN = re.compile(r"^(?:open|live|outstanding)\s*[-:(/,]+\s*")

_CONTEXT = r"(?: .{1,60})?"


def _any_of(*patterns: str, tail: str = "") -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(patterns)}){tail}")


# A word may be followed by what took its place, or by when: "superseded by R5", "merged with 5", "duplicate of A2"
_TAIL = (
    r"(?: (?:by|with|into|of|to|in|on|from|at|see) .{1,60}|[ ,:(-]+(?:see|ref|action) .{1,60}"
    r"| \(.{1,60}\)| ?- ?see .{1,60})?\)?"
)
_IS = r"(?:action )?(?:(?:now|been|has been|is|was) )*"
_STOPPED: tuple[tuple[re.Pattern[str], ActionStage], ...] = (
    (_any_of(rf"{_IS}(?:rejected|declined|refused|not (?:agreed|accepted|supported))", tail=_TAIL), Stage.REJECTED),
    (
        _any_of(
            rf"{_IS}(?:supers[ec]ded|replaced|merged|duplicated?|combined|amalgamated|incorporated|subsumed|consolidated)",
            tail=_TAIL,
        ),
        Stage.SUPERSEDED,
    ),
    (
        _any_of(
            rf"{_IS}no longer (?:required|needed|applicable|relevant|valid|necessary|appropriate|viable|in scope)",
            rf"{_IS}no longer (?:pursued|being pursued|progressing|progressed)",
            rf"{_IS}not (?:required|needed|applicable|progressed|pursued|proceeding|being progressed|being pursued)",
            rf"{_IS}(?:not relevant|discontinued|withdrawn|cancell?ed|abandoned|dropped|removed|deleted|void|obsolete)",
            rf"{_IS}(?:stopped|terminated)",
            r"won'?t (?:do|fix)|wontfix|will not (?:do|be done|proceed)",
            tail=_TAIL,
        ),
        Stage.NOT_NEEDED,
    ),
    (_any_of(rf"{_IS}(?:transferred|handed over|moved to another plan)", tail=_TAIL), Stage.TRANSFERRED),
)
_CLOSED_UNMET = _any_of(
    r"(?:not|never|un|in)[ -]?(?:implemented|completed?|achieved|done|delivered|met|addressed|resolved)\b.*",
    r"unmet\b.*",
    r"part(?:ially|ly)? .+",
)
_STOPPED_PERHAPS = _any_of(
    r"supers[ec]d|withdrawn|reject|no longer|duplicat|merged|cancel|discontinu|abandon|declin|tolerat|obsolete",
    r"risk (?:is )?accepted|accept(?:ed)? (?:the )?risk|not agreed|not proceeding|^n ?/ ?a$|not applicable",
)
_WAITING_FOR_CLOSE = _any_of(
    r"(?:awaiting|awaits|pending|waiting (?:for|on)|ready (?:for|to)|for|to be|submitted for|recommended for)"
    r" (?:final |the |its |evidence of )*(?:sign(?:ed|ing)?[ -]?off|approv(?:al|ed)|closure|clos(?:ed?|ing)|validation"
    r"|impact)\b.*",
    r"submitted",
)
_WAITING = _any_of(
    r"(?:on |placed on |put on )?hold",
    r"blocked|stalled|paused|suspended|deferred|postponed|parked",
    r"awaiting|waiting|awaits",
    tail=_CONTEXT,
)
_NOT_BEGUN = _any_of(
    r"not (?:yet )?(?:started|begun|commenced|due|assigned)",
    r"(?:has |have )?yet to (?:start|begin|commence)|to ?do|not yet",
    r"new|planned|scheduled|upcoming|backlog|unstarted|proposed|pending",
)
_GOING_ON = _any_of(
    rf"(?:work )?(?:is )?in[ -]progress{_CONTEXT}",
    rf"on (?:track|target|schedule|course){_CONTEXT}|(?:slightly )?off track|behind(?: schedule)?",
    rf"(?:work )?(?:has )?(?:started|begun|commenced){_CONTEXT}",
    r"on[ -]?going|under ?way|active|doing|working on it|work in progress|wip|continu(?:es|ing|ous)|progressing",
    r"(?:in|nearly|almost|part|partial|partially|partly|mostly|substantially|largely|not yet fully|not fully)[ -]?"
    r"(?:completed?|achieved|met|implemented|addressed|delivered|done)",
    rf"delayed{_CONTEXT}|slipp(?:ed|ing)|late|overdue",
)
_OPEN_STATES = (
    (_NOT_BEGUN, Stage.NOT_STARTED),
    (_GOING_ON, Stage.IN_PROGRESS),
    (_WAITING, Stage.BLOCKED),
)
_NOT_YET = re.compile(
    r"\b(?:not|in ?complete|nearly|almost|part|partial|partially|partly|mostly|substantially|to be|due|until|once|when"
    r"|yet|no(?! longer)|in progress|on track|ongoing)\b"
)
_DONE_PERHAPS = re.compile(
    r"complet|\bclosed?\b|\bdone\b|finish|achiev|implement|embed|discharg|\bsign(?:ed)?[ -]?off|\baddressed\b"
    r"|\bin place\b|deliver|\bmet\b|\bexceeded\b|\bresolved\b|\bactioned\b|fulfil|satisf|\bconcluded\b|\bended\b"
    r"|\b100 ?%|\bsuccessful|\btick(?:ed)?\b"
)
_AS_STORED: Mapping[str, ActionStage] = {
    folded(sentence(stage)): stage for stage in (*sorted(DROPPED), Stage.COMPLETE, Stage.AWAITING_IMPACT)
}
"""As an export from here writes them."""
_BLUES = ("blue", "b", "dark blue", "light blue")
_YES, _NO = ("y", "yes", "true"), ("n", "no", "false")


@lru_cache(maxsize=1024)
def read_state(text: str, *, asks_if_complete: bool = False, asks_percent: bool = False) -> ReadState:
    """Read the state from a status cell, where a code stands for its meaning already.

    `asks_if_complete`: the heading is a question ("Complete? Y/N"). `asks_percent`: it is a percentage.
    """
    plain = _plain(text)
    if not plain or _COLOUR.fullmatch(plain):
        return NOT_STATED
    if plain in _AS_STORED:
        return ReadState(_AS_STORED[plain])
    if (marked := _mark(plain, asks_if_complete=asks_if_complete, asks_percent=asks_percent)) is not None:
        return marked
    if (plainly := _plainly(plain)) is not None:
        return plainly
    return _perhaps(plain)


def _plain(text: str) -> str:
    plain = folded(text).replace("\u2013", "-").replace("\u2014", "-").replace("\u2019", "'")
    return plain.strip(" .!*")


def _mark(plain: str, *, asks_if_complete: bool, asks_percent: bool) -> ReadState | None:
    """Read a tick, a cross, yes or no, a percentage or a code; None where it is none of them."""
    is_tick = bool(_TICKS.fullmatch(plain))
    if asks_if_complete and (is_tick or plain in _YES):
        return ReadState(Stage.COMPLETE)
    if is_tick or (asks_if_complete and plain == "x"):
        return ReadState(reason=A_TICK, offered=MAYBE_DONE)
    if _CROSSES.fullmatch(plain) or (asks_if_complete and plain in _NO):
        return STILL_OPEN
    if percent := _PERCENT.fullmatch(plain):
        return _share(int(percent["number"]))
    if asks_percent and _NUMBER.fullmatch(plain) and plain not in ("1", "1.0"):
        number = float(plain)
        return _share(int(number * 100) if 0 < number < 1 else int(number))
    if _CODE.fullmatch(plain):
        return ReadState(reason=A_CODE, offered=ANY_STAGE)
    return None


def _share(percent: int) -> ReadState:
    if percent >= 100:
        return ReadState(Stage.COMPLETE) if percent == 100 else ReadState(reason=NOT_CLEAR, offered=MAYBE_DONE)
    return ReadState(Stage.IN_PROGRESS if percent else Stage.NOT_STARTED)


def _plainly(plain: str) -> ReadState | None:
    """Give the stage that a text says plainly; None where it does not."""
    if _PLAINLY_DONE.fullmatch(plain):
        return ReadState(Stage.COMPLETE)
    if _AWAITING_IMPACT.fullmatch(plain):
        return ReadState(Stage.AWAITING_IMPACT)
    dated = _DONE_ON.fullmatch(plain)
    if dated and read_date(dated["day"]).how == "certain":
        return ReadState(Stage.COMPLETE)
    opened = _CLOSED.sub("", plain)
    rest = _OPEN.sub("", opened).rstrip(" )")
    if opened != plain and _CLOSED_UNMET.fullmatch(rest):
        return ReadState(reason=STOPPED_PERHAPS, offered=MAYBE_STOPPED)
    stopped = next((stage for words, stage in _STOPPED if words.fullmatch(rest)), None)
    if stopped is not None or opened != plain:
        return ReadState(stopped) if stopped else None
    return _still_open(rest)


def _still_open(plain: str) -> ReadState | None:
    if _WAITING_FOR_CLOSE.fullmatch(plain):
        return ReadState(reason=NOT_CLEAR, offered=MAYBE_DONE)
    found = (stage for words, stage in _OPEN_STATES if words.fullmatch(plain))
    return next((ReadState(stage) for stage in found), None)


def _perhaps(plain: str) -> ReadState:
    if _STOPPED_PERHAPS.search(plain):
        return ReadState(reason=STOPPED_PERHAPS, offered=MAYBE_STOPPED)
    if _NOT_YET.search(plain) or not _DONE_PERHAPS.search(plain):
        return STILL_OPEN
    return ReadState(reason=NOT_CLEAR, offered=MAYBE_DONE)


_CLAIM_DONE = r"(?:completed?|closed|done|finished|achieved|signed off)"
_CLAIM = re.compile(
    rf"(?:(?:the|this|all|these) )?(?:(?:actions?|tasks?|work|objective) )?(?:(?:is|are|was|were|has|have|been) )*"
    rf"(?:(?:now|fully|all) )*{_CLAIM_DONE}(?:$| (?:on|in|by|at) .{{1,30}}$| (?P<day>.{{1,30}}))"
)
_SENTENCES = re.compile(r"[\n;!]|\.(?:\s|$)")
_LEADING_DATE = re.compile(r"^[^:\-]{0,30}[:\-]\s*")


def claims_completion(progress: str) -> str:
    """The sentence of a progress text that says the work is complete, or "". "5 of 9 have completed" does not."""
    for sentence_ in _SENTENCES.split(progress.replace("\u2013", "-")):
        plain = folded(sentence_).strip(" .")
        if _is_claim(plain) or _is_claim(_LEADING_DATE.sub("", plain)):
            return sentence_.strip()
    return ""


def _is_claim(plain: str) -> bool:
    found = _CLAIM.fullmatch(plain)
    return found is not None and (not found["day"] or read_date(found["day"]).how in ("certain", "guess"))


def rating_suggests_completion(rating: str) -> bool:
    """Blue often means complete, but colours are local custom."""
    state = read_state(rating)
    return (
        folded(rating) in _BLUES
        or state.completed in ("yes", "stopped")
        or state.reason in (NOT_CLEAR, STOPPED_PERHAPS)
    )
