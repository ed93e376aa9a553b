"""What an officer sees on the pages of the desk."""

import pytest

from tests.desk.people import held, sign_in, world

pytestmark = pytest.mark.django_db


def test_smoke() -> None:
    d = world()
    client = sign_in(d.force, "supervisor")
    h = held(d)
    d.write("Is there news?")
    c, v = d.crime().id, d.victim().id
    from trackmycrime.tasks.models import Task

    for path in (
        "/",
        "/cases/",
        "/held/",
        "/messages/",
        f"/cases/{c}/",
        f"/held/{h}/",
        f"/messages/{v}/",
        f"/cases/{c}/update/",
        f"/cases/{c}/next-update/",
        f"/people/{v}/invitation/",
        "/cases/find/",
        f"/cases/{c}/record/",
        f"/cases/{c}/withhold/",
        f"/tasks/{Task.objects.filter(done_at=None).first().id}/",
    ):
        answer = client.get(path)
        print(path, answer.status_code, len(answer.content))
        assert answer.status_code == 200, path
