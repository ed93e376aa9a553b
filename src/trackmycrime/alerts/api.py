"""The verbs of this room. All run in the caller's transaction and under the caller's rights.

`recheck`, `finished` and `address_lost` are what `delivery` asks and tells (`UPSTAIRS`); they and `mend` are for the
worker.
"""

from trackmycrime.delivery.api import Upstairs

from .answering import answer
from .changes import CONTACT_CHANGED, OWN_WAITS, ask_officers_first, tell_of_change, tell_of_own_changes
from .codes import send_address_code
from .ending import cancel_for_crimes, mend, seen
from .inviting import Invited, send_code, send_invitations
from .lines import Line, lines_for, waiting_for_a_channel
from .looking import Undelivered, over_cap
from .losing import address_lost
from .new_email import send_new_email_codes, tell_of_new_emails
from .news import News
from .posting import mend as mend_posts
from .posting import post
from .quiet import say_no_news
from .reading import people
from .sign_in_codes import send_sign_in_codes
from .signins import tell_of_sign_ins
from .telling import invite_and_tell, tell
from .upstairs import finished, recheck

UPSTAIRS = Upstairs(recheck, finished, address_lost, over_cap)

__all__ = [
    "CONTACT_CHANGED",
    "OWN_WAITS",
    "UPSTAIRS",
    "Invited",
    "Line",
    "News",
    "Undelivered",
    "address_lost",
    "answer",
    "ask_officers_first",
    "cancel_for_crimes",
    "finished",
    "invite_and_tell",
    "lines_for",
    "mend",
    "mend_posts",
    "over_cap",
    "people",
    "post",
    "recheck",
    "say_no_news",
    "seen",
    "send_address_code",
    "send_code",
    "send_invitations",
    "send_new_email_codes",
    "send_sign_in_codes",
    "tell",
    "tell_of_change",
    "tell_of_new_emails",
    "tell_of_own_changes",
    "tell_of_sign_ins",
    "waiting_for_a_channel",
]
