"""Static files come from us, may be kept for ever, and hold nothing that only GOV.UK may use."""

import re

import pytest
from django.conf import settings
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

from trackmycrime.design import assets, views

CSS = sorted(assets.FOLDER.rglob("*.css"))


@pytest.fixture(scope="module")
def door() -> WhiteNoiseMiddleware:
    return WhiteNoiseMiddleware(lambda request: HttpResponse("from the door", status=404))


@pytest.mark.django_db  # closing an answer closes what Django has open
def test_files_are_served_to_be_kept(door: WhiteNoiseMiddleware) -> None:
    for name, kind in (
        ("design/look.css", "text/css"),
        ("design/page.js", "text/javascript"),
        ("design/vendor/fonts/atkinson-hyperlegible-next-latin-400-normal.woff2", "font/woff2"),
    ):
        response = door(RequestFactory().get(f"{settings.STATIC_URL}{name}"))
        assert response.status_code == 200
        assert response["Content-Type"].startswith(kind)
        assert "immutable" in response["Cache-Control"]
        response.close()


def test_a_file_that_changes_gets_another_address(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    seen = set()
    for content in ("a", "b"):
        (tmp_path / "look.css").write_text(content)
        assets.digest.cache_clear()
        seen.add(assets.digest())
    (tmp_path / "look.css").rename(tmp_path / "other.css")
    assets.digest.cache_clear()
    seen.add(assets.digest())
    assets.digest.cache_clear()
    assert len(seen) == 3


def test_an_older_version_leads_to_ours_and_a_missing_file_nowhere() -> None:
    request = RequestFactory().get("/")
    response = views.other_version(request, "0123456789abcdef", "design/look.css")
    assert response["Location"] == f"{settings.STATIC_URL}design/look.css"
    with pytest.raises(Http404):
        views.other_version(request, assets.digest(), "design/gone.css")
    away = views.other_version(request, "0123456789abcdef", "/evil.example/x")
    assert away["Location"].startswith(settings.STATIC_URL)


@pytest.mark.parametrize("file", CSS, ids=lambda file: file.name)
def test_css_asks_nobody_else_and_every_file_is_there(file) -> None:
    css = file.read_text()
    for address in re.findall(r"url\(([^)]+)\)", css):
        assert (file.parent / address.strip("'\"")).is_file(), address
    assert "GDS Transport" not in css
    assert "@import" not in css


def test_neither_crown_nor_transport_font_is_shipped() -> None:
    names = " ".join(path.name for path in assets.FOLDER.rglob("*"))
    assert not re.search(r"crown|crest|transport|light-|bold-", names)
    assert (assets.FOLDER / "design/vendor/fonts/OFL.txt").is_file()


def test_the_door_mounts_it() -> None:
    from trackmycrime.design.urls import urlpatterns

    assert urlpatterns[0].pattern.match("static/0123456789abcdef/design/look.css")
