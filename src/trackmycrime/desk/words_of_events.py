"""The quarantine in words: what is wrong with an event, why it is dropped, and what became of it."""

from django.utils.translation import gettext_lazy as lazy

PROBLEMS = {
    "unknown-type": lazy("Its type is not known here"),
    "invalid-data": lazy("A value is missing or wrong"),
    "unknown-field": lazy("It has a field that the contract does not have"),
    "id-reused": lazy("Its id was used before for something else"),
    "sequence-reused": lazy("Its sequence was used before for something else"),
    "waiting-for-crime": lazy("It waits for a crime or a victim"),
    "not-allowed": lazy("This source may not say this"),
}
DROPS = {
    "not_ours": lazy("It is not for this force"),
    "sent_again": lazy("The source has sent it again, put right"),
    "test_data": lazy("It was only a test"),
    "cannot_be_mended": lazy("It cannot be put right"),
    "must_not_be_held": lazy("We must not hold what it says: wipe it now"),
}
FATES = {
    "applied": lazy("It was applied."),
    "superseded": lazy("It was taken; a newer state was known already."),
    "duplicate": lazy("The same had been sent before. Nothing happened."),
    "quarantined": lazy("It is still in quarantine."),
    "waiting-for-crime": lazy("It waits for a crime or a victim, and applies itself when that comes."),
    "unkept": lazy("Something of it was not kept: mend it, or have it sent again."),
    "gone": lazy("It was no longer in quarantine."),
    "mended": lazy("It was mended: the mended event took its place."),
    "dropped": lazy("It was dropped."),
    "failed": lazy("It failed, and nothing changed. That is a fault of this service: tell those who run it."),
}
