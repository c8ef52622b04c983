from taiga_notes.markdown.places import HOLE, Place, PlaceReader
from tests.tables import each


def places(template: str) -> list[str]:
    """The place of each `@` in a template's text."""
    reader, found = PlaceReader(), []
    parts = template.split("@")
    for index, part in enumerate(parts[:-1], start=1):
        reader.read(part)
        found.append(reader.place(HOLE.join(parts[index:])).name)
        reader.read(HOLE)
    return found


@each(
    ("template", "found"),
    [
        ("@ and @", "TEXT TEXT"),
        ("* [Link](@) [@] @", "ADDRESS TEXT TEXT"),
        ("- [ ] [#@ @](@)", "LABEL LABEL ADDRESS"),
        ("![@](@)", "LABEL ADDRESS"),
        ("[x](https://t.example/@/us/@)", "COMPONENT COMPONENT"),
        ('[x](@ "@")', "ADDRESS TITLE"),
        ("[x](@ '@')", "ADDRESS TITLE"),
        ("[x]: @", "ADDRESS"),
        ("[x](<@>)", "ADDRESS"),
        ("<@> <https://t.example/@>", "ADDRESS COMPONENT"),
        ("[[@]] [[Sprint @|@]]", "PAGE PAGE ALIAS"),
        (r"[[@\|x @]] ![[@|@]]", "PAGE ALIAS PAGE ALIAS"),
        ("x[^1] @\n\n[^1]: @", "TEXT TEXT"),
        ("x[^@]\n\n[^@]: a @", "TEXT TEXT TEXT"),
        ("[^note]: <https://t.example/@> @", "COMPONENT TEXT"),
        ("`@` @", "CODE TEXT"),
        ("`` a`b @ ``", "CODE"),
        ("a `b` @ `c`", "TEXT"),
        ("it's ` no code @", "TEXT"),
        (r"\` @ `", "TEXT"),
        ("` @ | ` |", "TEXT"),
        ("- a `\n- @ `", "TEXT"),
        ("```mermaid\nA[@]\n```\n@", "BLOCK TEXT"),
        ('```mermaid\npie title x\n @ : 3\n "@" : 4\n```\n@', "SLICE BLOCK TEXT"),
        ("```mermaid\ngantt\n @ : 3\n```", "BLOCK"),
        ("```mermaid\npie\n```\n```\n@\n```", "BLOCK"),
        ("~~~\n```\n@\n~~~\n@", "BLOCK TEXT"),
        ("````\n```\n@\n````\n@", "BLOCK TEXT"),
        ("> ```\n> @\n\n@", "BLOCK TEXT"),
        ("> ```\n> x\n@", "TEXT"),
        ("  ```\n  x\n@", "TEXT"),
        ("``` x` @\n@", "TEXT TEXT"),
        ("```\nx\n``` y\n@", "BLOCK"),
        ('<a href="@">@</a>', "ADDRESS TEXT"),
        ('<a href="/x/@" title="@">', "COMPONENT ATTRIBUTE"),
        ("<img alt='@' src='@'>", "ATTRIBUTE ADDRESS"),
        ("<p @>", "BARE"),
        ("<p title=@>", "BARE"),
        ('<p onclick="@">', "SCRIPT"),
        ('<p style="@">', "SCRIPT"),
        ('<iframe srcdoc="@">', "SCRIPT"),
        ("<script>@</script> @", "SCRIPT TEXT"),
        ("<style>\n@</style>", "SCRIPT"),
        ("<!-- @ --> @", "COMMENT TEXT"),
        ("a < b @, 1<2 @", "TEXT TEXT"),
        ("[x](a b @", "TEXT"),
        ("[x](\n\n@", "TEXT"),
        ('<p title="x\n\n@', "TEXT"),
        ("| @ | `@` |", "TEXT CODE"),
    ],
)  # fmt: skip
def test_a_value_has_the_place_in_which_it_stands(template: str, found: str) -> None:
    assert places(template) == found.split()


@each(
    ("template", "found"),
    [
        ("@ and @", "no no"),
        ("| @ | x |", "yes"),
        ("@ | @", "yes yes"),
        ("a | b\n@\n@ | c", "no yes"),
        (r"a \| @", "no"),
        (r"a \\| @", "yes"),
        ("> | [@](@) |", "yes yes"),
    ],
)
def test_a_value_is_in_a_row_where_a_bar_stands_beside_it(template: str, found: str) -> None:
    reader, told = PlaceReader(), []
    parts = template.split("@")
    for index, part in enumerate(parts[:-1], start=1):
        reader.read(part)
        told.append("yes" if reader.in_row(HOLE.join(parts[index:])) else "no")
        reader.read(HOLE)
    assert told == found.split()


def test_every_kind_of_place_is_told() -> None:
    told = {
        *places("@ [@](@) [x](y@) [x](y '@') `@` [[@|@]]"),
        *places("<p title='@'> <p @> <!-- @"),
        *places("```\n@"),
        *places("```\npie\n@"),
        *places("<script>@"),
    }
    assert told == {place.name for place in Place}
