"""What looks as if it were meant for us and is not."""

from __future__ import annotations

from taiga_notes.bake.live import OverlookedKind, may_be_live, overlooked
from tests.tables import each

DIRECTIVE = "${query[[from getTaigaTasks()]]}"
BLOCK = "<!-- #taiga: from userstories -->\n<!-- /taiga -->\n"


@each(
    ("text", "blocks", "found"),
    [
        (
            f"{DIRECTIVE}\n\n```taiga\nfrom issues\n```\n",
            0,
            [(OverlookedKind.LIVE, 1), (OverlookedKind.LIVE, 3)],
        ),
        (f"> ~~~ taiga\n> from issues\n> ~~~\n\n{BLOCK}", 1, [(OverlookedKind.LIVE, 1)]),
        (
            "a ${template.each(query[[from p = userstories]], templates.x)}",
            0,
            [(OverlookedKind.LIVE, 1)],
        ),
        ("<!-- Taiga: from x -->\n", 0, [(OverlookedKind.NEAR_MISS, 1)]),
        (
            f"```\n{BLOCK}```\n\n`<!-- taiga: x -->`\n",
            0,
            [(OverlookedKind.IN_CODE, 2), (OverlookedKind.IN_CODE, 6)],
        ),
        (f"{BLOCK}\n    <!-- #taiga: x -->\n", 1, [(OverlookedKind.IN_CODE, 4)]),
        (f"<!--#lua query[[from userstories]] -->\n<!--/lua-->\n\n{BLOCK}", 2, []),
        (f"{BLOCK}\n{BLOCK}", 2, []),
        ("${os.date()} and ${query[[from index.tag 'page']]}", 0, []),
        (f"{DIRECTIVE}\n\n<!-- /taiga -->\n", 0, []),
        ("```lua\nx\n```\n", 0, []),
        ("", 0, []),
    ],
)
def test_what_is_passed_by(text: str, blocks: int, found: list[tuple[OverlookedKind, int]]) -> None:
    assert [(each.what, each.line) for each in overlooked(text, blocks)] == found
    if any(what is OverlookedKind.LIVE for what, _ in found):
        assert may_be_live(text.encode())


def test_very_many_signs_of_directives_are_not_each_looked_behind() -> None:
    assert may_be_live(b"${query[[from " * 3_000)
    assert not may_be_live(b"${x} " * 2_000)
