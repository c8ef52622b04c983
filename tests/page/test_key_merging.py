"""What a mirror wrote into front matter on two branches is no conflict."""

from __future__ import annotations

from taiga_notes.page.merging import merged
from taiga_notes.system.git import merge_lines
from tests.page.test_merging import block
from tests.tables import each

OWNED = {"taiga_status", "taiga_due", "team"}


def page(status: str, due: str = "", own: str = "mine: 1\n", body: str = "- a") -> str:
    return (
        f'---\n{own}taiga_item: "acme/userstories/12"\ntaiga_status: {status}\n'
        f"taiga_due:{due and ' '}{due}\nmore: x\n---\n\n{block(body)}\n\nText\n"
    )


def merge(ours: str, base: str, theirs: str) -> tuple[str, bool]:
    data, is_clean = merge_lines(ours.encode(), base.encode(), theirs.encode())
    return data.decode(), is_clean


@each("newline", ["\n", "\r\n"])
@each(
    ("ours", "base", "theirs", "result"),
    [
        (page("Ready"), page("New"), page("Done"), page("Ready")),
        (page('"Größe: 1"', "2026-12-01"), page("New"), page("Done"), None),
        (page("Ready", "2026-12-01"), page("New"), page("Done", "2026-12-02"), None),
        # Pages that both branches made.
        (page("Ready", body="- b"), "", page("Done", body="- c"), page("Ready", body="- b")),
        # A person's own key beside it is merged as ever.
        (
            page("Ready", own="mine: 2\n"),
            page("New"),
            page("Done").replace("more: x", "more: y"),
            page("Ready", own="mine: 2\n").replace("more: x", "more: y"),
        ),
    ],
)
def test_values_of_a_mirror_s_keys_are_no_conflict(
    newline: str, ours: str, base: str, theirs: str, result: str | None
) -> None:
    mine, old, other = (text.replace("\n", newline) for text in (ours, base, theirs))
    text, is_clean = merged(mine, old, other, merge, is_owned=OWNED.__contains__)
    assert (text.replace("\r\n", "\n"), is_clean) == (result or ours, True)
    assert ("\r\n" in text) == (newline == "\r\n")


@each(
    ("ours", "base", "theirs"),
    [
        # Keys that are nobody's but the page's.
        (page("A", own="mine: 2\n"), page("A"), page("A", own="mine: 3\n")),
        # Another item's, or no item's.
        *[
            (page("Ready").replace(*other), page("New"), page("Done"))
            for other in (("/12", "/13"), ("taiga_item", "item"), ("---\n", "+++\n"))
        ],
        # What goes on in the lines below.
        tuple(page(f"Story{n}").replace(f"Story{n}", f"\n  - {n}") for n in range(3)),
        tuple(page(f"Story{n}").replace(f"Story{n}", f">-\n  {n}") for n in range(3)),
    ],
)
def test_all_else_is_merged_as_git_does(ours: str, base: str, theirs: str) -> None:
    assert merged(ours, base, theirs, merge, is_owned=OWNED.__contains__)[1] is False
