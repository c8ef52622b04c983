"""What a query gives, as Markdown: by the template that it names, or by the one that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import Form
from taiga_notes.query import Answer, Linked, Rendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taiga_notes.model.field_use import FieldUse
    from taiga_notes.render.templates import Templates

NOTHING = "–"
"""What an inline block shows where its query gives nil."""


def shown(
    answer: Answer,
    form: Form,
    templates: Templates,
    page: Mapping[str, object],
    template: str | None = None,
) -> str:
    """What a block shows of a query's answer; see `markdown`.

    Raises:
        BlockError: it would stand within a line, and is more than one value.
        RenderError: the template is missing or fails.
    """
    says_how = answer.template is not None or answer.each is not None or answer.stands_empty
    if form is not Form.INLINE or says_how:
        return markdown(answer, templates, page, template)
    return _one_value(answer, templates)


def markdown(
    answer: Answer,
    templates: Templates,
    page: Mapping[str, object],
    template: str | None = None,
) -> str:
    """A query's answer as Markdown.

    Args:
        answer: what the query gave.
        templates: where its template is found.
        page: for templates that speak of it.
        template: for Taiga's items, where the query names none.

    Raises:
        RenderError: the template is missing or fails.
        SourceError: what it uses of the rows can't be had.
    """
    if answer.empty is not None and answer.stands_empty:
        return templates.render_each(answer.empty, [{}], page=page)
    value = answer.value
    finished = _finished(value, templates)
    if finished is not None and answer.template is None and answer.each is None:
        return finished
    if answer.each is not None:
        rows = _rows(answer, templates.uses_each(answer.each))
        return templates.render_each(answer.each, rows, page=page)
    name = fitting_template(answer, template)
    if name is None:
        return _text(value, templates)
    return templates.render(name, _rows(answer, templates.uses(name)), page=page)


def _rows(answer: Answer, use: FieldUse) -> Sequence[object]:
    """An answer's rows, with what their template uses."""
    value = answer.joined(use)
    return value if isinstance(value, list) else [value]


def fitting_template(answer: Answer, template: str | None = None) -> str | None:
    """The name of the template that shows an answer; None for one value, which needs none.

    Args:
        answer: what a query gave that does not say how to show it by itself: no `each`.
        template: see `markdown`.
    """
    name = answer.template or (template if answer.kind else None)
    if name is not None or not isinstance(answer.value, (list, dict)):
        return name
    return _fitting(answer, answer.value if isinstance(answer.value, list) else [answer.value])


def _finished(value: object, templates: Templates) -> str | None:
    """What templates gave, row by row, as one text; None where no template had a part in it.

    SilverBullet joins such texts by line ends; so `select templates.NAME(row)` gives what
    `template.each` does.
    """
    if isinstance(value, Rendered):
        return str(value)
    texts = [*_texts(value)] if isinstance(value, list) else []
    finished = [text for text in texts if isinstance(text, Rendered)]
    if all(isinstance(text, Linked) for text in finished) or any(
        isinstance(text, (list, dict)) for text in texts
    ):
        return None
    lines = (t if isinstance(t, Rendered) else _text(t, templates) for t in texts if t is not None)
    ended = (line if line.endswith("\n") else f"{line}\n" for line in lines if line.strip())
    # Blank lines between two rows are their template's own.
    text = "".join(ended).rstrip("\n")
    return f"{text}\n" if text else ""


def _texts(value: list[object]) -> Iterator[object]:
    """The values of a list; of a list within it that a query gave for one row, its texts."""
    for one in value:
        within = [*_texts(one)] if isinstance(one, list) else []
        if within and all(isinstance(text, Rendered) for text in within):
            yield from within
        else:
            yield one


def _fitting(answer: Answer, rows: Sequence[object]) -> str:
    """The template for rows of which nobody said how to show them."""
    if answer.kind:
        return "links"
    if rows and all(isinstance(row, dict) for row in rows):
        grouped = all("group" in row for row in rows if isinstance(row, dict))
        return "grouped" if grouped else "table"
    return "list"


def _one_value(answer: Answer, templates: Templates) -> str:

    value = answer.value
    while isinstance(value, list) and len(value) < 2:  # noqa: PLR2004
        value = value[0] if value else None
    if isinstance(value, Rendered):
        return value.strip("\n")
    if isinstance(value, (list, dict)):
        raise BlockError(
            "a block within a line shows one value, and this query gives "
            + (f"{len(value)} rows" if isinstance(value, list) else "a whole row"),
            hint="`select count()`, or select one field with `limit 1`, or name a template",
        )
    return _text(value, templates)


def _text(value: object, templates: Templates) -> str:
    """One value as a template would write it."""
    return NOTHING if value is None else templates.render_each("{{ row }}", [value]).rstrip("\n")
