"""What it takes to ask each recorded request of the fake: who asks, and what has happened.

What may differ from the recorded answer is said here, recording by recording.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.model import Webhook
from tests.fake_taiga_conformance.asking import ask
from tests.fake_taiga_conformance.lab import APPLICATION
from tests.fake_taiga_conformance.receiver import receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_taiga.model import Json
    from tests.fake_taiga_conformance.lab import Lab

EARLIER = ("*",)
"""Recorded at another moment than the rest, or of rows that are not in the lab."""
OTHER_PROJECTS = ("[[]].default_*", "[[]].total_watchers", "[[]].is_watcher")
"""Ids of projects that the recordings only list."""
PAGE_2 = (
    *("*_order", "*.total_comments", "*.is_watcher", "*.total_watchers"),
    *("*.modified_date", "*.version", "*.watchers"),
)
"""What the recording's authors changed between it and the others."""
HTML = ("*_html", "*.html")
"""The fake's Markdown is not Taiga's."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What it takes to ask a recorded request of the fake.

    Attributes:
        user: whose token stands for TOKEN.
        prepare: what must have happened; what it returns stands in the request: a `token`, a
            `body`.
        loose: paths of the JSON where only keys and types count.
    """

    user: str = "owner"
    prepare: Callable[[Lab], Json] = field(default=lambda _: {})
    loose: tuple[str, ...] = ()


def expired(lab: Lab) -> Json:
    return {"token": lab.taiga.token(lab.user("owner"), seconds=-1)}


def refresh(seconds: float = 60, *, used: bool = False) -> Callable[[Lab], Json]:
    def prepare(lab: Lab) -> Json:
        body = json.dumps({"refresh": lab.taiga.refresh_token(lab.user("owner"), seconds)})
        if used:
            ask(lab.taiga, "POST", "/auth/refresh", {"Content-Type": "application/json"}, body)
        return {"body": body}

    return prepare


def throttled(scope: str, path: str) -> Callable[[Lab], Json]:
    def prepare(lab: Lab) -> Json:
        lab.taiga.settings.rates[scope] = "1/min"
        method = "POST" if path == "/auth" else "GET"
        ask(lab.taiga, method, path, {"Content-Type": "application/json"}, "{}")
        lab.taiga.clock.advance(0.5 if path == "/auth" else 5.5)
        return {}

    return prepare


def authorized(lab: Lab) -> Json:
    code = _authorize(lab)["auth_code"]
    body = {"application": APPLICATION, "auth_code": code, "state": "random-state"}
    return {"body": json.dumps(body)}


def _authorize(lab: Lab) -> Json:
    body = json.dumps({"application": APPLICATION, "state": "random-state"})
    headers = {
        "Authorization": f"Bearer {lab.taiga.token(lab.user('member'))}",
        "Content-Type": "application/json",
    }
    found: Json = ask(lab.taiga, "POST", "/application-tokens/authorize", headers, body)[2]
    return found


def validated(lab: Lab) -> Json:
    body = authorized(lab)["body"]
    path = "/application-tokens/validate"
    ask(lab.taiga, "POST", path, {"Content-Type": "application/json"}, body)
    return {}


def version_of(number: int, version: int, **fields: Any) -> Callable[[Lab], Json]:
    def prepare(lab: Lab) -> Json:
        story = lab.taiga.rows["userstories"][number]
        story.version = version
        story.is_blocked = False
        story.watchers, story.total_comments = [], 0
        for name, value in fields.items():
            lab.taiga.edit(story, by=lab.user("owner"), **{name: value})
        return {}

    return prepare


def history(lab: Lab) -> Json:
    story = lab.taiga.rows["userstories"][2135]
    story.assigned_users.remove(lab.user("viewer"))
    story.custom_values, values = {}, story.custom_values
    story.attachments, attachments = [], story.attachments
    lab.taiga.edit(story, subject=story.subject)
    story.history.clear()
    owner, story.total_comments = lab.user("owner"), 0
    both = [lab.user("member"), lab.user("viewer")]
    lab.taiga.edit(story, by=owner, comment="first *comment*", assigned_users=both)
    story.custom_values = values
    lab.taiga.record(story, "change", owner)
    story.attachments = attachments
    lab.taiga.record(story, "change", owner)
    return {}


def timeline(lab: Lab) -> Json:
    taiga, project = lab.taiga, lab.project
    stories = taiga.rows["userstories"]
    taiga.bulk_create(project, 126 - len(project.timeline) - 9)
    taiga.add_story(project, "b3")
    temporary = [taiga.add_story(project, name) for name in ("tmp", "tmp2", "b1", "b2", "b3")]
    del project.timeline[-5:]
    taiga.delete(temporary[0])
    stories[2156].frozen["sprint_order"] = stories[2156].frozen["backlog_order"] = 1
    taiga.drag_on_board(stories[2156], "Done")
    taiga.drag_on_board(stories[2156], "New")
    for story in temporary[1:]:
        taiga.delete(story)
    stories[2155].kanban_order += 1
    taiga.edit(stories[2155], subject="1. ordered, edited")
    taiga.add_wiki(project, "about", "text")
    return {}


def webhook(lab: Lab) -> Json:
    server = lab.cleanup.enter_context(receiver())
    lab.taiga.webhooks[1] = Webhook(1, lab.taiga.projects[12], "lab", server.url, "lab-hook-key")
    return {}


def logs(lab: Lab) -> Json:
    webhook(lab)
    taiga, hooks = lab.taiga, lab.taiga.projects[12]
    hook, home = taiga.webhooks[1], taiga.webhooks[1].url
    sprint = taiga.add_sprint(hooks, "Sprint B")
    rows = [taiga.add_story(hooks, sprint=sprint), taiga.add_epic(hooks)]
    issue, page = taiga.add_issue(hooks), taiga.add_wiki(hooks, "home", "hello")
    taiga.edit(rows[0], assigned_to=lab.user("owner"), due_date=date(2026, 12, 24), tags=["t"])
    taiga.edit(rows[1], tags=["t1"])
    taiga.promote_issue(taiga.add_issue(hooks))
    for row in (issue, *rows, page, sprint):
        taiga.delete(row)
    for url in (f"{home}/500", f"{home}/302", home, home):
        taiga.deliver_hooks()
        hook.url = url
        taiga.add_story(hooks, "a story")
    taiga.deliver_hooks()
    return {}


def before_last_relation(lab: Lab) -> Json:
    rows = lab.taiga.rows
    lab.taiga.unrelate_epic(rows["epics"][39], rows["userstories"][2155])
    return {}


def before_last_story(lab: Lab) -> Json:
    lab.taiga.rows["userstories"][2155].milestone = None
    return {}


SCENES: dict[str, Scene] = {
    "401_anon_post.json": Scene(),
    "401_anon_private_project.json": Scene(),
    "401_anon_private_userstory.json": Scene(),
    "401_anonymous_users_me.json": Scene(),
    "401_bad_application_token.json": Scene(),
    "401_bad_token.json": Scene(),
    "401_expired_token.json": Scene(prepare=expired),
    "401_spanish.json": Scene(),
    "403_outsider_private_project.json": Scene("outsider"),
    "403_outsider_private_userstory.json": Scene("outsider"),
    "403_viewer_patch.json": Scene("viewer"),
    "404_unknown_route_debug_off.json": Scene(),
    "404_userstory.json": Scene(),
    "429_throttled_login.json": Scene(prepare=throttled("login-fail", "/auth")),
    "429_throttled_read.json": Scene(prepare=throttled("anon-read", "/userstories?project=14")),
    "451_blocked_patch.json": Scene("member"),
    "451_blocked_post.json": Scene("member"),
    "500_bad_date_debug_off.json": Scene(),
    "500_debug_off.json": Scene(),
    "application/authorize.json": Scene("member", loose=("*.auth_code", "*.next_url")),
    "application/detail.json": Scene("member"),
    "application/list.json": Scene("member", validated),
    "application/token_existing.json": Scene(
        "member", validated, loose=("*.auth_code", "*.next_url")
    ),
    "application/token_none.json": Scene("member"),
    "application/validate.json": Scene("member", authorized, loose=("*.token",)),
    "application/validate_err.json": Scene("member"),
    "auth/err_bad_json.json": Scene(),
    "auth/err_missing_password.json": Scene(),
    "auth/err_missing_type.json": Scene(),
    "auth/err_wrong_password.json": Scene(),
    "auth/ok.json": Scene(loose=("*.auth_token", "*.refresh")),
    "auth/refresh_err_expired.json": Scene(prepare=refresh(-1)),
    "auth/refresh_err_invalid.json": Scene(),
    "auth/refresh_err_missing.json": Scene(),
    "auth/refresh_err_reused.json": Scene(prepare=refresh(used=True)),
    "auth/refresh_ok.json": Scene(prepare=refresh(), loose=("*.auth_token", "*.refresh")),
    "epics/detail.json": Scene(prepare=before_last_relation, loose=HTML),
    "epics/list.json": Scene(prepare=before_last_relation),
    "epics/related_userstories.json": Scene(prepare=before_last_relation),
    "history_userstory.json": Scene(
        prepare=history, loose=("[[]].id", "*.created_at", "*diff*", "*.comment_html")
    ),
    "issues/detail.json": Scene(loose=HTML),
    "issues/list.json": Scene(),
    "memberships.json": Scene(),
    "milestones/detail.json": Scene(
        prepare=before_last_story, loose=(".modified_date", "*.sprint_order")
    ),
    "milestones/list.json": Scene(),
    "occ/200_ok.json": Scene(prepare=version_of(2150, 1), loose=(*HTML, "*.modified_date")),
    "occ/200_stale_other_attribute.json": Scene(
        prepare=version_of(2150, 1, subject="s1"), loose=(*HTML, "*.modified_date")
    ),
    "occ/400_missing_version.json": Scene(),
    "occ/400_stale_same_attribute.json": Scene(prepare=version_of(2150, 1, subject="s1")),
    "projects/by_slug.json": Scene(),
    "projects/by_slug_404.json": Scene(),
    "projects/detail.json": Scene(),
    "projects/list.json": Scene(loose=OTHER_PROJECTS),
    "projects/list_slight.json": Scene(loose=OTHER_PROJECTS),
    "resolver/400.json": Scene(),
    "resolver/401_anon_private.json": Scene(),
    "resolver/403_outsider_private.json": Scene("outsider"),
    "resolver/404.json": Scene(),
    "resolver/project.json": Scene(),
    "resolver/ref.json": Scene(),
    "resolver/us_milestone_wiki.json": Scene(),
    "search.json": Scene(),
    "tasks/detail.json": Scene(loose=HTML),
    "tasks/list.json": Scene(),
    "timeline_project.json": Scene(prepare=timeline, loose=EARLIER),
    "users_me.json": Scene(),
    "users_project.json": Scene(),
    "userstories/400_invalid_status.json": Scene(),
    "userstories/400_project_not_int.json": Scene(),
    "userstories/404.json": Scene(),
    "userstories/404_page.json": Scene(),
    "userstories/by_ref.json": Scene(loose=HTML),
    "userstories/custom_attributes_values.json": Scene(),
    "userstories/detail.json": Scene(loose=HTML),
    "userstories/filters_data.json": Scene(loose=("*.statuses*.count", "*.epics*.count")),
    "userstories/list.json": Scene(),
    "userstories/list_dashboard.json": Scene(),
    "userstories/list_include.json": Scene(loose=("*.sprint_order",)),
    "userstories/list_nopagination.json": Scene(),
    "userstories/list_only_ref.json": Scene(),
    "userstories/list_page2.json": Scene(loose=PAGE_2),
    "userstories/list_private_as_outsider.json": Scene("outsider"),
    "userstories/list_unknown_project.json": Scene(),
    "userstory_custom_attributes.json": Scene(),
    "userstory_statuses.json": Scene(),
    "webhooks/create.json": Scene(),
    "webhooks/logs.json": Scene(prepare=logs, loose=EARLIER),
    "webhooks/test.json": Scene(prepare=webhook, loose=EARLIER),
    "wiki/detail.json": Scene(loose=HTML),
    "wiki/list.json": Scene(loose=HTML),
}

NOT_ASKED = {
    "locales.json": "a list of languages, which nothing here ever asks for",
}
