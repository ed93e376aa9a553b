"""Addresses by which a person can be reached, judged and brought into one form."""

import re

import phonenumbers

_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = rf"{_WORD}(\.{_WORD})*@([A-Za-z0-9]{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]"
LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"

_email = re.compile(EMAIL)
_language = re.compile(LANGUAGE)
_dialled = re.compile(r"[+0-9()./\s\u2010-\u2015-]+")
# Ten digits after the prefix are «possible» in the United Kingdom's numbering plan whatever they are;
# the library takes many times as long to say so.
_british_mobile = re.compile(r"(?:\+44|0)(7[0-9]{9})")

EMAIL_RULE = "must be an email address like name@example.org"
MOBILE_RULE = "must be a telephone number like +447700900123, or a number as it is dialled in the country"
LANGUAGE_RULE = "must be a language tag by BCP 47, like en or cy"


def read_email(text: str) -> str:
    """An address that a mail server can be given as it is: ASCII, no quotes, a domain with a dot.

    Kept as written; compare without case. Raises ValueError. Limits: RFC 5321 section 4.5.3.1.
    """
    if len(text) > 254 or not _email.fullmatch(text) or text.index("@") > 64:
        raise ValueError(EMAIL_RULE)
    return text


def read_mobile(text: str, country: str) -> str:
    """A telephone number in E.164; a national number is read as one of `country` (ISO 3166, «GB»).

    *Possible*, not *valid*: Ofcom's numbers for drama (07700 900xxx) must pass. Raises ValueError.
    """
    if len(text) > 40 or not _dialled.fullmatch(text):
        raise ValueError(MOBILE_RULE)
    if country == "GB" and (plain := _british_mobile.fullmatch(text.replace(" ", ""))):
        return f"+44{plain[1]}"
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise ValueError(MOBILE_RULE) from None
    # «Local only» means that it can be dialled within one town, which is of no use here.
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError(MOBILE_RULE)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def read_language(text: str) -> str:
    """A BCP 47 tag, the language itself in small letters («EN-GB» → «en-GB»). Raises ValueError."""
    if len(text) > 35 or not _language.fullmatch(text):
        raise ValueError(LANGUAGE_RULE)
    language, dash, rest = text.partition("-")
    return language.lower() + dash + rest
