"""A made-up case in the shapes that `publish.view` gives, for looking at components alone."""

from dataclasses import dataclass, field
from datetime import date

from django import forms

from trackmycrime.design.forms import DatePartsField


@dataclass(frozen=True)
class StageStep:
    name: str
    state: str
    when: str = ""


@dataclass(frozen=True)
class Entry:
    id: str
    title: str
    when: str
    iso: str
    who: str
    paragraphs: list[str]
    language: str = "en"
    is_new: bool = False
    corrected: str = ""
    withdrawn: str = ""
    not_translated: bool = False
    newer: None = None


@dataclass(frozen=True)
class Promise:
    date: date | None
    date_text: str
    paragraphs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Contact:
    officer: str
    unit: str
    phone: str
    hours: str
    away_until: str = ""
    cover: str = ""
    email: str = ""


@dataclass(frozen=True)
class Message:
    id: str
    mine: bool
    who: str
    when: str
    iso: str
    paragraphs: list[str]
    language: str = "en"
    is_new: bool = False
    state: str = ""


STAGES = [
    StageStep("Reported", "done", "2 November"),
    StageStep("Being investigated", "now", "3 November"),
    StageStep("Decision on charges", "todo"),
    StageStep("Court", "todo"),
    StageStep("Finished", "todo"),
]
ENTRIES = [
    Entry(
        "1",
        "Somebody has been arrested",
        "Monday 23 November, 4.40pm",
        "2026-11-23T16:40",
        "DC Amara Okafor",
        [
            "We arrested one person in connection with the burglary. They were interviewed, then released.",
            "Bail means they must keep to certain conditions.",
        ],
        is_new=True,
    ),
    Entry(
        "2",
        "A note from police",
        "Tuesday 17 November, 11.15am",
        "2026-11-17T11:15",
        "DC Amara Okafor",
        ["Mae gennym ganlyniadau’r marciau ar eich drws cefn."],
        language="cy",
        not_translated=True,
    ),
    Entry(
        "3",
        "No news yet",
        "Thursday 12 November, 9.00am",
        "2026-11-12T09:00",
        "Bristol Burglary Team",
        ["We are still waiting for the laboratory. You do not need to do anything."],
        corrected="Police changed this update on Friday 13 November.",
    ),
    Entry(
        "4",
        "Update taken back",
        "Thursday 5 November, 2.30pm",
        "2026-11-05T14:30",
        "Bristol Burglary Team",
        [],
        withdrawn="Police took this update back: it was about a different case.",
    ),
]
PROMISE = Promise(
    date(2026, 11, 26),
    "Thursday 26\u00a0November",
    ["If there is no news by then, we will tell you that too."],
)
NO_PROMISE = Promise(None, "", [])
CONTACT = Contact("DC Amara Okafor", "Bristol Burglary Team", "", "Monday to Friday, 8am to 6pm")
MESSAGES = [
    Message(
        "1",
        True,
        "You",
        "Friday 20 November, 6.05pm",
        "2026-11-20T18:05",
        ["I have found the receipt for my mother’s ring.\nIs that any use to you?"],
        state="Opened by your team on Monday 23 November, 9.02am",
    ),
    Message(
        "2",
        False,
        "DC Amara Okafor",
        "Monday 23 November, 4.52pm",
        "2026-11-23T16:52",
        ["Hello, yes please. A photo is enough for now.", "Keep the paper somewhere safe."],
        is_new=True,
    ),
]
RAIL = ["done", "now", "todo", "todo", "todo"]


class ExampleForm(forms.Form):
    """One field of each kind."""

    email = forms.EmailField(
        label="Email address",
        help_text="We only use it to tell you that there is something new",
        error_messages={"required": "Enter your email address"},
    )
    password = forms.CharField(
        label="Password",
        widget=forms.PasswordInput,
        error_messages={"required": "Enter your password"},
    )
    phone = forms.CharField(
        label="Number to ring you on",
        widget=forms.TextInput(attrs={"type": "tel", "class": "govuk-input--width-20"}),
        required=False,
    )
    message = forms.CharField(
        label="Your message",
        help_text="It becomes part of the case record.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Write your message before you send it"},
    )
    channel = forms.ChoiceField(
        label="How should we tell you?",
        widget=forms.RadioSelect,
        choices=[("email", "Email"), ("text", "Text message"), ("none", "Not at all")],
        error_messages={"required": "Choose how we should tell you"},
    )
    topics = forms.MultipleChoiceField(
        label="What about?",
        widget=forms.CheckboxSelectMultiple,
        choices=[("updates", "Updates"), ("messages", "Messages")],
        required=False,
    )
    agreed = forms.BooleanField(
        label="I have read the terms",
        error_messages={"required": "Tick the box when you have read the terms"},
    )
    start = forms.ChoiceField(
        label="Start from", choices=[("", "Nothing"), ("no_news", "No news yet")], required=False
    )
    by = DatePartsField(label="Next update by", help_text="For example 26 11 2026")
    photo = forms.FileField(label="A photo", required=False)
