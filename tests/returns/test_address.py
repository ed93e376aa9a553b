"""Where a webhook may lead, and when it is tried again: decisions without a network or a clock."""

import ipaddress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.messages.making import NOW
from trackmycrime.returns import address, retry


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://rms.example.org/returns", "https://rms.example.org/returns"),
        (" https://RMS.example.org:8443/a?b=c ", "https://rms.example.org:8443/a?b=c"),
        ("https://rms.example.org", "https://rms.example.org/"),
        ("https://bücher.example.org/", "https://xn--bcher-kva.example.org/"),
        ("http://127.0.0.1:9000/x", "http://127.0.0.1:9000/x"),
        ("http://[::1]:9000/x", "http://[::1]:9000/x"),
        ("http://localhost/x", "http://localhost/x"),
    ],
)
def test_what_is_taken(text: str, url: str) -> None:
    assert address.read(text).url == url


@pytest.mark.parametrize(
    "text",
    ["http://rms.example.org/", "http://10.1.2.3/", "ftp://rms.example.org/", "rms.example.org", "https://", "",
     "https://user:secret@rms.example.org/", "https://rms.example.org/#a", "https://rms.example.org:x/",
     "http://localhost.example.org/", "https://a\nb/", "file:///etc/passwd", "https://" + "a" * 1000,
     "https://[::1/", "http://127.0.0.1.example.org/"],
)  # fmt: skip
def test_what_is_refused_says_what_would_be_right_and_repeats_no_login(text: str) -> None:
    with pytest.raises(address.WrongAddress) as refused:
        address.read(text)
    assert "secret" not in str(refused.value)


@given(st.text(max_size=60) | st.from_regex(r"https?://[^ ]{0,30}", fullmatch=True))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        target = address.read(text)
    except address.WrongAddress:
        return
    assert target.url.startswith("https://") or target.loopback
    assert address.read(target.url) == target


NEAR = ["10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "127.0.0.1", "0.0.0.1", "100.64.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
        "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::a00:1",
        "::127.0.0.1", "2001:db8::1", "192.0.2.1", "198.18.0.1"]  # fmt: skip


@pytest.mark.parametrize("ip", NEAR)
def test_nothing_that_is_near_is_reached_by_a_name(ip: str) -> None:
    assert not address.may_reach(ipaddress.ip_address(ip), loopback=False)


@pytest.mark.parametrize("ip", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "1.1.1.1"])
def test_the_public_internet_is(ip: str) -> None:
    assert address.may_reach(ipaddress.ip_address(ip), loopback=False)


def test_a_forces_own_network_is_reached_where_the_installation_names_it() -> None:
    allowed = address.networks("10.0.0.0/8, fd00::/8")
    for ip, may in (("10.9.9.9", True), ("::ffff:10.9.9.9", True), ("fd12::1", True), ("192.168.1.1", False)):
        assert address.may_reach(ipaddress.ip_address(ip), loopback=False, allowed=allowed) is may
    with pytest.raises(address.WrongAddress, match="TMC_WEBHOOK_NETWORKS"):
        address.networks("10.0.0.1/8")


def test_this_machine_is_reached_only_where_it_is_named_itself() -> None:
    for ip in ("127.0.0.1", "::1"):
        assert address.may_reach(ipaddress.ip_address(ip), loopback=True)
        assert not address.may_reach(ipaddress.ip_address(ip), loopback=False)
    assert not address.may_reach(ipaddress.ip_address("10.0.0.1"), loopback=True)


@given(st.floats(0, 1, exclude_max=True))
def test_tries_grow_apart_and_end_after_three_days(chance: float) -> None:
    at, tries, spans = NOW, 1, []
    while (next_at := retry.after(tries, first=NOW, now=at, chance=chance)) is not None:
        spans.append(next_at - at)
        at, tries = next_at, tries + 1
    assert spans == sorted(spans)
    assert spans[0] < timedelta(seconds=10)
    assert timedelta(days=2) < at - NOW <= timedelta(days=3)
    assert 10 < tries < 30


def test_what_failed_together_does_not_come_back_together() -> None:
    early, late = (retry.after(3, first=NOW, now=NOW, chance=chance) for chance in (0.0, 0.99))
    assert early
    assert late
    assert early < late


def test_a_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    def asked(wish: timedelta) -> timedelta:
        at = retry.after(1, first=NOW, now=NOW, chance=0, wished=wish)
        assert at
        return at - NOW

    assert asked(timedelta(minutes=10)) == timedelta(minutes=10)
    assert asked(timedelta(seconds=1)) == timedelta(seconds=5)
    assert asked(timedelta(days=30)) == retry.LONGEST_WISH
