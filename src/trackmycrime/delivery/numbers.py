"""Which numbers a text may go to: of the countries on the list, and never one that costs its owner or us more. Pure."""

from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumberType as Type

_NEVER = frozenset(
    {
        Type.PREMIUM_RATE,
        Type.SHARED_COST,
        Type.TOLL_FREE,
        Type.PERSONAL_NUMBER,
        Type.PAGER,
        Type.UAN,
        Type.VOICEMAIL,
    }
)


def allowed(number: str, countries: Collection[str]) -> bool:
    """Whether this number (E.164) is one of these countries (ISO 3166, two letters) and of an ordinary kind.

    A number of which nobody knows the kind counts for the first country of its code. Short and impossible ones are
    none of any country.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_possible_number(parsed) or phonenumbers.number_type(parsed) in _NEVER:
        return False
    country = phonenumbers.region_code_for_number(parsed)
    if country is None:
        country = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return country in countries
