"""What a browser is called, as coarsely as it helps its owner to tell their phones apart. Pure."""

from django.utils.translation import gettext as _

# the first that is found; what calls itself by several names comes before what it is built on
_BROWSERS = (
    ("Edg", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def named(user_agent: str) -> tuple[str, str]:
    """(browser, system), like ``("Chrome", "Android")``; empty where it is none that we know. No version, no model."""
    return _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)


def said(browser: str, system: str) -> str:
    """The name in the reader's language: «Chrome on Android»."""
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("A browser")


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for sign, name in names if sign in text), "")
