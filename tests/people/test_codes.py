"""Secrets are long enough for where they are tried, and can be typed."""

import re

from trackmycrime.people import codes
from trackmycrime.people.limits import TYPING


def test_links_have_128_bits_and_more() -> None:
    made = {codes.link_token() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(codes.LINK_PATTERN, each) for each in made)


def test_typed_codes_hold_against_their_limits() -> None:
    # a million network addresses for 72 hours, among 100,000 open invitations:
    # still a hit by luck in one of eighty such attacks, and a second proof behind it
    tries = 1_000_000 * TYPING.most * 72
    assert tries * 100_000 / 2 ** (codes.BITS * codes.START_LENGTH) < 0.02
    # five tries at one invitation
    assert 5 / 2 ** (codes.BITS * codes.ACTIVATION_LENGTH) < 1e-9


def test_typed_codes_have_no_sign_that_is_read_for_another_and_no_words() -> None:
    assert not set("01ILO25SZ8BAEIU") & set(codes.ALPHABET)
    assert re.fullmatch(r"([A-Z0-9]{4}-){2}[A-Z0-9]{4}", codes.start_code())
    assert re.fullmatch(r"[A-Z0-9]{4}-[A-Z0-9]{4}", codes.activation_code())
    assert re.fullmatch(r"\d{6}", codes.text_code())


def test_case_spaces_and_dashes_do_not_matter() -> None:
    assert codes.start_hash("CDFG-HJKM-3467") == codes.start_hash(" cdfg hjkm3467 ")
    assert codes.start_hash("CDFG-HJKM-3467") != codes.link_hash("CDFGHJKM3467")
