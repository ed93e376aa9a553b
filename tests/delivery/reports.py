"""Mail as it comes back from the systems that are out there, made up after their forms."""

from textwrap import dedent

RETURNED = """\
    Return-Path: <{back}>
    From: TrackMyCrime <no-reply@trackmycrime.example>
    To: rhian.pritchard@example.org
    Reply-To: {back}
    Subject: You have an update
    Message-ID: <01939f5a-0000-7000-8000-00000000abcd@trackmycrime.example>

    There is something new for you.
"""

POSTFIX = """\
    Return-Path: <>
    From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
    To: {back}
    Subject: Undelivered Mail Returned to Sender
    Auto-Submitted: auto-replied
    Date: Tue, 24 Nov 2026 14:05:00 +0000
    MIME-Version: 1.0
    Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

    --b1
    Content-Description: Notification
    Content-Type: text/plain; charset=us-ascii

    This is the mail system at host mx.example.org.
    <rhian.pritchard@example.org>: host a.example.org said: 550 5.1.1 no such user

    --b1
    Content-Type: message/delivery-status

    Reporting-MTA: dns; mx.example.org
    Arrival-Date: Tue, 24 Nov 2026 14:04:00 +0000

    Final-Recipient: rfc822; rhian.pritchard@example.org
    Original-Recipient: rfc822;rhian.pritchard@example.org
    Action: {action}
    Status: {status}
    Diagnostic-Code: smtp; 550 5.1.1 <rhian.pritchard@example.org>: no such user
    Last-Attempt-Date: Tue, 24 Nov 2026 14:04:30 +0000

    --b1
    Content-Type: {returned_type}

    {returned}
    --b1--
"""

EXIM = """\
    From: Mail Delivery System <Mailer-Daemon@mx.example.org>
    To: {back}
    X-Failed-Recipients: rhian.pritchard@example.org
    Auto-Submitted: auto-replied
    Subject: Mail delivery failed: returning message to sender

    This message was created automatically by mail delivery software.

      rhian.pritchard@example.org
        SMTP error from remote mail server after RCPT TO:<rhian.pritchard@example.org>:
        host a.example.org [192.0.2.7]: {said}

    ------ This is a copy of the message, including all the headers. ------
"""

QMAIL = """\
    From: MAILER-DAEMON@mx.example.org
    To: {back}
    Subject: failure notice

    Hi. This is the qmail-send program at mx.example.org.
    I'm afraid I wasn't able to deliver your message to the following addresses.
    This is a permanent error; I've given up. Sorry it didn't work out.

    <rhian.pritchard@example.org>:
    {said}
"""

ARF = """\
    From: <abuse@provider.example.net>
    To: {to}
    Subject: FW: You have an update
    Date: Tue, 24 Nov 2026 15:00:00 +0000
    MIME-Version: 1.0
    Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

    --b2
    Content-Type: text/plain; charset="US-ASCII"

    This is an email abuse report.

    --b2
    Content-Type: message/feedback-report

    Feedback-Type: {feedback}
    User-Agent: SomeGenerator/1.0
    Version: 1
    Original-Rcpt-To: redacted@example.org
    Arrival-Date: Tue, 24 Nov 2026 14:04:00 +0000

    --b2
    Content-Type: message/rfc822

    {returned}
    --b2--
"""

HOLIDAY = """\
    From: Rhian Pritchard <rhian.pritchard@example.org>
    To: {back}
    Subject: Automatic reply: You have an update
    Auto-Submitted: auto-replied
    Message-ID: <holiday@example.org>

    I am away until Monday. Error 550 5.1.1 is what my printer says.
"""

REPLY = """\
    From: Rhian Pritchard <rhian.pritchard@example.org>
    To: {back}
    Subject: Re: You have an update
    Message-ID: <reply-1@example.org>
    In-Reply-To: <01939f5a-0000-7000-8000-00000000abcd@trackmycrime.example>

    Thank you. He came back to the house last night. Message blocked 550 5.1.1?
"""


def mail(form: str, back: str = "", **values: str) -> bytes:
    """One of the forms as bytes; `back` is the letter's own return address."""
    values.setdefault("returned", dedent(RETURNED).format(back=back))
    values.setdefault("returned_type", "text/rfc822-headers")
    return dedent(form).format(back=back, **values).replace("\n", "\r\n").encode()
