"""What is posted when, and what becomes of it, in the database; over real HTTP, without a worker's process."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from tests.support.doors import role
from trackmycrime.audit.models import Record
from trackmycrime.feed import sources
from trackmycrime.kernel.clock import utc_now
from trackmycrime.returns import api, readers, webhooks, work
from trackmycrime.returns.models import Post, Webhook
from trackmycrime.returns.posting import Poster
from trackmycrime.returns.work import Tried
from trackmycrime.tasks.models import Task

from .making import World, world
from .receiver import RESET, Receiver, receiver

pytestmark = pytest.mark.django_db
ME = UUID(int=7)
POSTER = Poster(seconds=1.0)


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def made(there: Receiver) -> World:
    made = world()
    set_up(made, there)
    return made


def set_up(made: World, there: Receiver) -> Webhook:
    hook, secret = webhooks.set_up(made.sender.source, there.url, now=utc_now())
    there.secret = secret or there.secret
    return hook


def happened(made: World, *texts: str) -> None:
    made.happened(*texts, now=utc_now())
    with transaction.atomic(), role("worker"):
        api.spread(utc_now())


def go(now: datetime | None = None, most: int = 8) -> list[str]:
    """One turn of a crew: claim, send, write down; the outcomes."""
    now = now or utc_now()
    with role("worker"):
        posts = work.turn([], ME, most=most, now=now)
        tried = [Tried(post, POSTER.send(post, now=utc_now())) for post in posts]
        work.turn(tried, ME, most=0, now=now)
    return [each.outcome.answer for each in tried]


def states() -> list[str]:
    return list(Post.objects.order_by("number").values_list("state", flat=True))


def test_a_return_arrives_once_with_its_own_id(made: World, there: Receiver) -> None:
    happened(made, "Is there news?")
    assert go() == ["204"]
    assert go() == []
    (got,) = there.got
    (pulled,) = made.page()["returns"]
    assert got.event == pulled
    assert got.id == pulled["id"]
    assert states() == ["done"]


def test_of_one_crime_each_waits_for_the_one_before_and_other_crimes_do_not(
    made: World, there: Receiver
) -> None:
    happened(made, "first", "second")
    Post.objects.create(
        force_id=made.made.force.id, webhook=Webhook.objects.get(), returned_id=Post.objects.all()[0].returned_id,
        number=9, subject="52/other", state="waiting", next_try_at=utc_now(),
    )  # fmt: skip
    there.rule = lambda event, _try: 500 if event["data"]["text"] == "first" and event["subject"] else 204
    Post.objects.filter(number=9).update(returned_id=Post.objects.get(number=2).returned_id)
    assert sorted(go()) == ["204", "500"]  # «second» of 52/other went, «second» of this crime did not
    assert states() == ["waiting", "waiting", "done"]
    there.rule = None
    assert go() == []  # the failed one waits for its time, and the next for it
    Post.objects.update(next_try_at=utc_now())
    assert (go(), go()) == (["204"], ["204"])
    assert there.texts() == ["second", "first", "second"]


def test_what_fails_comes_again_later_and_later_and_after_three_days_an_administrator_is_asked(
    made: World, there: Receiver
) -> None:
    happened(made, "first", "second")
    there.rule = lambda event, _try: RESET if event["data"]["text"] == "first" else 204
    now, tries = utc_now(), 0
    while states()[0] == "waiting":
        go(now)
        tries += 1
        now = Post.objects.get(number=1).next_try_at
        assert tries < 50
    assert tries > 10
    assert states() == ["dead", "waiting"]
    task = Task.objects.get(kind="webhook_dead")
    assert (task.once, task.done_at) == (str(Webhook.objects.get().id), None)
    go(now)
    assert states() == ["dead", "done"]  # what was given up holds nothing up
    (one,) = webhooks.dead(Webhook.objects.get())
    assert (one.number, one.answer) == (1, "lost")


def dead(made: World, there: Receiver, *texts: str) -> list[Post]:
    happened(made, *texts)
    Post.objects.update(state="dead", finished_at=utc_now())
    hook = Webhook.objects.get()
    Task.objects.create(force=made.made.force, kind=work.DEAD, once=str(hook.id), created_at=utc_now())
    return webhooks.dead(hook)


def test_what_was_given_up_is_replayed_one_or_all(made: World, there: Receiver) -> None:
    one, two, three = dead(made, there, "one", "two", "three")
    hook = Webhook.objects.get()
    assert webhooks.replay(hook, [two.returned_id, uuid4()], now=utc_now()) == 1
    go()
    assert there.texts() == ["two"]
    assert Task.objects.get().done_at is None
    assert webhooks.replay(hook, None, now=utc_now()) == 2
    go()
    go()
    assert there.texts() == ["two", "one", "three"]
    assert Task.objects.get().done_at is not None
    assert Record.objects.filter(action="webhook.replayed").count() == 2
    assert one.returned_id != three.returned_id


def test_what_was_dropped_is_never_sent_and_can_be_pulled(made: World, there: Receiver) -> None:
    one, _two = dead(made, there, "one", "two")
    hook = Webhook.objects.get()
    assert webhooks.drop(hook, [one.returned_id], reason="not_wanted", now=utc_now()) == 1
    webhooks.replay(hook, None, now=utc_now())
    go()
    assert there.texts() == ["two"]
    assert states() == ["dropped", "done"]
    assert [each["data"]["text"] for each in made.page("?after=0")["returns"]] == ["one", "two"]
    assert Record.objects.get(action="webhook.dropped").detail["why"] == "not_wanted"


def test_gone_switches_off_loses_nothing_and_goes_on_at_a_new_address(made: World, there: Receiver) -> None:
    happened(made, "one")
    there.rule = lambda *_: 410
    assert go() == ["410"]
    assert Webhook.objects.get().state == "gone"
    assert Task.objects.get(kind="webhook_gone").done_at is None
    assert Record.objects.filter(action="webhook.gone").exists()
    there.rule = None
    happened(made, "two")
    assert go(utc_now() + timedelta(days=5)) == []
    assert len(there.tries) == 1
    set_up(made, there)
    with transaction.atomic():
        api.spread(utc_now())
    assert (go(), go()) == (["204"], ["204"])
    assert there.texts() == ["one", "two"]
    assert Task.objects.get(kind="webhook_gone").done_at is not None


def test_secrets_overlap_while_they_rotate_and_the_old_one_ends(made: World, there: Receiver) -> None:
    hook, old = Webhook.objects.get(), there.secret
    new = webhooks.rotate(hook, keep=timedelta(hours=24), now=utc_now())
    happened(made, "one", "two")
    go()
    there.secret = new
    go()
    assert [(one.signatures, one.event["data"]["text"]) for one in there.got] == [(2, "one"), (2, "two")]
    Webhook.objects.update(old_until=utc_now())
    happened(made, "three")
    there.secret = old
    assert go() == ["401"]
    there.secret = new
    Post.objects.update(next_try_at=utc_now())
    assert go() == ["204"]
    assert there.got[-1].signatures == 1


def test_a_secret_is_stored_sealed_and_in_no_record(made: World, there: Receiver) -> None:
    webhooks.rotate(Webhook.objects.get(), keep=timedelta(hours=1), now=utc_now())
    with connection.cursor() as cursor:
        cursor.execute("select encode(secret, 'escape'), encode(url, 'escape') from returns_webhook")
        stored = repr(cursor.fetchone())
    assert "whsec_" not in stored
    assert "127.0.0.1" not in stored
    assert "whsec_" not in repr(list(Record.objects.values_list("detail", flat=True)))


def test_who_may_not_read_any_more_is_sent_nothing_any_more(made: World, there: Receiver) -> None:
    happened(made, "one")
    readers.refuse(made.sender.source, now=utc_now())
    assert go() == []
    readers.allow(made.sender.source, now=utc_now())
    assert go() == ["204"]
    happened(made, "two")
    sources.revoke(made.sender.source, now=utc_now())
    assert go() == []


def test_a_webhook_begins_after_what_was_acknowledged_and_is_set_only_for_who_may_read(
    there: Receiver,
) -> None:
    made = world(allowed=False)
    with pytest.raises(webhooks.CannotDo, match="source returns allow"):
        set_up(made, there)
    readers.allow(made.sender.source, now=utc_now())
    happened(made, "one", "two")
    made.ack({"cursor": "1"})
    set_up(made, there)
    with transaction.atomic():
        api.spread(utc_now())
    go()
    assert there.texts() == ["two"]


def test_another_forces_returns_are_not_posted(made: World, there: Receiver) -> None:
    other = world("south-wales")
    happened(other, "theirs")
    happened(made, "ours")
    while go():
        pass
    assert there.texts() == ["ours"]


def test_a_webhook_that_hangs_leaves_senders_to_others(made: World, there: Receiver) -> None:
    for n in range(6):
        happened(made, f"{n}")
        Post.objects.filter(number=n + 1).update(subject=f"52/{n}")
    with role("worker"):
        assert len(work.turn([], ME, most=8, now=utc_now())) == work.AT_ONCE
        assert work.turn([], ME, most=8, now=utc_now()) == []


def test_what_a_silent_worker_held_is_sent_again(made: World, there: Receiver) -> None:
    happened(made, "one")
    with role("worker"):
        (held,) = work.turn([], ME, most=8, now=utc_now())
        assert work.sweep([ME], now=utc_now()) == 0
        assert work.sweep([UUID(int=8)], now=utc_now()) == 1
        (again,) = work.turn([], UUID(int=8), most=8, now=utc_now())
        # the first comes back from the dead: what the second is doing is not its to end
        work.turn([Tried(held, POSTER.send(held, now=utc_now()))], ME, most=0, now=utc_now())
        assert states() == ["sending"]
        work.turn([Tried(again, POSTER.send(again, now=utc_now()))], ME, most=0, now=utc_now())
    assert states() == ["done"]
    assert [one.id for one in there.got] == [str(held.return_id)] * 2


def test_a_post_that_does_not_open_is_tried_later_and_holds_up_no_other_crime(
    made: World, there: Receiver
) -> None:
    happened(made, "one")
    happened(made, "two")
    Post.objects.filter(number=2).update(subject="52/other")
    with connection.cursor() as cursor:
        cursor.execute("update returns_return set data = '\\x00' where number = 1")
    assert go() == ["204"]
    assert there.texts() == ["two"]
    assert Post.objects.get(number=1).answer == "cannot be opened"


def test_only_the_worker_and_the_owner_touch_webhooks(made: World) -> None:
    for door in ("portal", "desk", "gateway"):
        for model in (Webhook, Post):
            with role(door), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                model.objects.count()
    with role("worker"), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Webhook.objects.update(secret=None)


def test_removing_forgets_the_secret_and_says_what_was_left(made: World, there: Receiver) -> None:
    happened(made, "one", "two")
    go()
    assert webhooks.remove(Webhook.objects.get(), now=utc_now()) == 1
    assert not Webhook.objects.exists()
    assert not Post.objects.exists()
    assert go() == []


def test_looking_for_what_is_due_does_not_walk_through_what_is_done(made: World) -> None:
    happened(made, "one")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into returns_post (id, force_id, webhook_id, return_id, number, subject, state, tries,"
            " next_try_at, answer) select gen_random_uuid(), force_id, webhook_id, return_id, n, 's' || n, 'done', 1,"
            " next_try_at, '204' from returns_post, generate_series(2, 20000) n"
        )
        cursor.execute("analyze returns_post")
        cursor.execute(f"explain {work._DUE}", [utc_now(), work.AT_ONCE, 8])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on returns_post" not in plan
    assert "returns_post_due" in plan
