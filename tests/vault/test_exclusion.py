"""What sync programs call the copies that they make, and what people call their notes."""

from __future__ import annotations

from unicodedata import normalize

from taiga_notes.vault.exclusion import is_copy, original
from tests.tables import each

COPIES = """
A.sync-conflict-20261122-120000-ABCDEFG.md
A.sync-conflict-1-2.md
A (conflicted copy).md
A (Ann's conflicted copy 2026-01-01).md
A (Ann's conflicted copy 2026-01-01) (1).md
A (Ann's conflicted copy 2026-01-01 (1)).md
A (conflicted copy 2025-04-10 093612).md
A.conflicted:1699999999999.md
A.conflicted-1699999999999.md
A (Conflicted copy MacBook 202511281200).md
A (CONFLICTED COPY Pixel 202511281200).md
A (Case Conflict).md
A (case conflict 1).md
A (Ann's Case Conflict).md
A (Unicode Encoding Conflict).md
A (Groß-/Kleinschreibungskonflikt).md
A (Conflit de casse).md
A (In Konflikt stehende Kopie von Ann 2020-01-01).md
A (Anns in Konflikt stehende Kopie 2020-01-01).md
A (Copie en conflit de Ann 2020-01-01).md
A (Copia en conflicto de Ann 2020-01-01).md
A (Copia in conflitto di Ann 2020-01-01).md
A (Cópia em conflito de Ann 2020-01-01).md
A (Conflicterende kopie van Ann 2020-01-01).md
A (Anns konfliktkopia 2020-01-01).md
A (Anns modstridende kopi 2020-01-01).md
A (kopia powodująca konflikt - Ann 2020-01-01).md
A (конфликтующая копия с ann 2020-01-01).md
A (конфліктна копія ann 2020-01-01).md
A (Ann の競合コピー 2020-01-01).md
A（ann 的冲突副本 2020-01-01）.md
A (Ann 的衝突複本 2020-01-01).md
A (Ann의 충돌된 사본 2020-01-01).md
A_conflict-20200101-120000.md
A (case clash from ann 2020-01-01).md
A (SFConflict ann@example.com 2020-01-01-12-00-00).md
A_Andy-PC_Jan-03-0901-2013_CaseConflict_1.md
A_DiskStation_Oct-16-154412-2014_Conflict.md
A.Conflict.md
A.Conflict1.md
A.Conflict.Conflict.md
A (# Name clash 2023-10-10 Xy12 #).md
A [conflicted].md
A_conf(1).md
A (Conflict a4ab3033).md
A (Ann's conflicting copy 2022-08-30).md
A (Salinan konflik dari Ann 2024-01-01).md
A (Unicode-Codierungskonflikt).md
A_conflict-ann-20200101-120000.md
A_conflict_20240101_101010_ab12cd34ef.md
A-conflict-2024-01-01T10_10_10.123Z.md
A_nas_Jan-03-090101-2024_UTF8Conflict.md
A.conflict-20240101-101010.md
A.dup.md
A (1) (Ann's conflicted copy 2024-01-01).md
A.sync-conflict-20240101-010101-ABCDEFG.sync-conflict-20240102-010101-ABCDEFH.md
A (copy: conflict 1 on 2005-09-01).md
A (DESKTOP-QRI9EIH conflict 2023-04-02).md
""".strip().splitlines()

NOTES = """
Conflict.md
conflicted.md
Conflicts (2020).md
Kashmir (conflict 1999).md
Meeting (conflict with Bob 2024-01-01).md
ADR 12 (conflict of copyright 2024-01-01).md
Notes (copy on conflict of interest 2024).md
Client_LOCAL_2024.md
Dup.md
Resolving conflicts.md
What is a conflicted copy.md
Merge conflict 2025-01-01.md
Interview (conflict of interest).md
How we solve conflicts (copy).md
conflict_resolution.md
Interessenkonflikte (Kopie).md
競合調査 (2024-01-01).md
Note 2.md
Note (1).md
Note - Copy.md
local_base_1.md
Name clash.md
Bald geht es los (Teil 2).md
""".strip().splitlines()


@each("name", COPIES)
def test_what_sync_programs_call_a_copy_is_one(name: str) -> None:
    assert is_copy(name)


@each("name", COPIES)
def test_a_copy_is_one_as_macs_spell_it(name: str) -> None:
    assert is_copy(normalize("NFD", name))


@each("name", NOTES)
def test_what_people_call_a_note_is_one(name: str) -> None:
    assert not is_copy(name)


@each(
    ("name", "page"),
    [
        ("Plan-DESKTOP-AB12CD3.md", "Plan.md"),
        ("Plan-LAPTOP-AB12CD34-2.md", "Plan.md"),
        ("Plan_BACKUP_1234.md", "Plan.md"),
        ("Sales_BASE_2024_REMOTE_71.md", "Sales_BASE_2024.md"),
        ("_LOCAL_notes.md", ""),
        ("The-DESKTOP-of-today.md", ""),
        ("Plan.md", ""),
    ],
)
def test_what_is_appended_is_taken_off(name: str, page: str) -> None:
    assert original(name) == page
