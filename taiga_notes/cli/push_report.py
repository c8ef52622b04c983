"""A push, told: its plan and what became of it, line by line for people, as data for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli import output
from taiga_notes.push.apply import Applied, Fate, StepOutcome
from taiga_notes.push.new_items import titled
from taiga_notes.push.plan import told
from taiga_notes.push.steps import AlreadySo, Creation, ItemChange, Refusal, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taiga_notes.push.plan import Plan
    from taiga_notes.push.steps import Step

_SIGNS = {ItemChange: "~", Creation: "+", Refusal: "!", AlreadySo: "="}
_COLOURS = {"~": output.CYAN, "+": output.GREEN, "!": output.RED, "=": output.BOLD}


def tell_plan(plan: Plan, shown: Callable[[str], str]) -> None:
    """Says what a push would do.

    Args:
        plan: the push.
        shown: the path of a page by its name, as people are told it.
    """
    for page, line, error in plan.problems:
        output.problem(error, f"{shown(page)}:{line}")
    for step in plan.steps:
        sign = _SIGNS[type(step)]
        where = ", ".join(f"{shown(spot.page)}:{spot.line}" for spot in step.spots)
        output.mark(sign, _COLOURS[sign], f" {where}: {told(step)}")
        for detail in _details(step):
            output.say(f"    {detail}")
    for entry in plan.unsettled:
        sent = entry.request
        place = f"{shown(sent.page)}:{sent.line}"
        output.complain(f"{place}: what became of an earlier request is not known: {sent.subject}")
    count, refused = len(plan.changes), len(plan.refusals)
    if not plan.steps and not plan.problems:
        output.say("there is nothing to push")
        return
    parts = [f"{output.count(count, 'change')} to send"]
    if refused:
        parts.append(f"{refused} refused")
    output.say(", ".join(parts))


def _details(step: Step) -> Iterator[str]:
    match step:
        case ItemChange(note=note) if note:
            yield note
        case Creation(item=item) if item.note:
            yield item.note
        case Refusal(conflict=conflict) if conflict is not None:
            by = f", by {conflict.by}" if conflict.by else ""
            yield f"in the note     {conflict.note}"
            yield f"when rendered   {conflict.rendered}"
            yield f"in Taiga now    {conflict.now}{by}"


def tell_outcomes(applied: Applied, shown: Callable[[str], str]) -> None:
    """Says what became of a plan; `shown` as in `tell_plan`."""
    for outcome in applied.outcomes:
        step = outcome.step
        if isinstance(step, (Refusal, AlreadySo)):
            continue
        where = f"{shown(step.spots[0].page)}:{step.spots[0].line}"
        text = f"{where}: {outcome.fate.value}: {_named(outcome)}"
        output.say(f"{text} ({outcome.message})" if outcome.message else text)
    errors = {str(outcome.error): outcome.error for outcome in applied.outcomes if outcome.error}
    for error in errors.values():
        output.problem(error)


def _named(outcome: StepOutcome) -> str:
    match outcome.step:
        case ItemChange(item=item):
            return name_of(item)
        case Creation(item=item):
            ref = f" #{outcome.ref}" if outcome.ref else ""
            return f"{titled(item.kind)}{ref} {item.subject}"
        case Refusal(what=what) | AlreadySo(what=what):
            return what


def data_of(plan: Plan, outcomes: Sequence[StepOutcome] = ()) -> dict[str, object]:
    """A plan, and what became of it, as one JSON object."""
    told: list[dict[str, object]] = [_data(step) for step in plan.steps]
    for data, outcome in zip(told, outcomes, strict=False):
        data["outcome"] = outcome.fate.name.lower()
        data["message"] = outcome.told
        if outcome.ref:
            data["ref"] = outcome.ref
    return {
        "steps": told,
        "changes": len(plan.changes),
        "refused": len(plan.refusals),
        "sent": sum(outcome.fate is Fate.SENT for outcome in outcomes),
        "unsettled": len(plan.unsettled),
        "problems": [
            {"page": page, "line": line, "message": error.message, "hint": error.hint}
            for page, line, error in plan.problems
        ],
    }


def _data(step: Step) -> dict[str, object]:
    data: dict[str, object] = {
        "sign": _SIGNS[type(step)],
        "places": [{"page": spot.page, "line": spot.line} for spot in step.spots],
    }
    match step:
        case ItemChange(item=item):
            return data | {
                "kind": item.kind,
                "project": item.slug,
                "ref": item.ref,
                "subject": item.subject,
                "field": step.field,
                "from": step.was_text,
                "to": step.to_text,
                "value": step.to,
                "note": step.note,
            }
        case Creation(item=new):
            return data | {
                "kind": new.kind,
                "project": new.slug,
                "subject": new.subject,
                "fields": dict(new.fields),
                "note": new.note,
            }
        case Refusal(what=what, reason=reason, conflict=conflict):
            three = conflict and {
                "note": conflict.note,
                "rendered": conflict.rendered,
                "now": conflict.now,
                "by": conflict.by,
            }
            return data | {"what": what, "reason": reason, "conflict": three}
        case AlreadySo(what=what, reason=reason):
            return data | {"what": what, "reason": reason}
