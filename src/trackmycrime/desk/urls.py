"""The desk's addresses. They hold ids only: no name, no place, no reference."""

from django.urls import include, path

from .views import (
    alerts,
    case,
    channels,
    closing,
    letters,
    log,
    looks,
    messages,
    quarantine,
    start,
    tasks,
    updates,
    wording,
)

handler400 = "trackmycrime.desk.views.errors.bad_request"
handler403 = "trackmycrime.desk.views.errors.forbidden"
handler404 = "trackmycrime.desk.views.errors.not_found"
handler405 = "trackmycrime.desk.views.errors.not_this_way"
handler500 = "trackmycrime.desk.views.errors.problem"

urlpatterns = [
    path("", start.start, name="start"),
    path("cases/", start.cases, name="cases"),
    path("cases/find/", start.find, name="find"),
    path("cases/<uuid:crime_id>/", case.case, name="case"),
    path("cases/<uuid:crime_id>/record/", case.record, name="record"),
    path("cases/<uuid:crime_id>/update/", updates.update, name="update"),
    path("cases/<uuid:crime_id>/next-update/", updates.next_date, name="next_date"),
    path("cases/<uuid:crime_id>/withhold/", closing.withhold, name="withhold"),
    path("cases/<uuid:crime_id>/lift/", closing.lift, name="lift"),
    path("cases/<uuid:crime_id>/switch/", closing.switch, name="switch"),
    path("victims/<uuid:victim_id>/look/", looks.switch, name="switch_look"),
    path("held/", updates.held_list, name="held"),
    path("held/<uuid:entry_id>/", updates.decide, name="decide"),
    path("held/<uuid:entry_id>/release/", updates.release, name="release"),
    path("messages/", messages.waiting, name="messages"),
    path("messages/<uuid:victim_id>/", messages.thread, name="thread"),
    path("alerts/<uuid:alert_id>/", alerts.alert, name="alert"),
    path("channels/", channels.listed, name="channels"),
    path("channels/<slug:channel>/hold/", channels.hold, name="hold_channel"),
    path("channels/<slug:channel>/release/", channels.release, name="release_channel"),
    path("log/", log.listed, name="log"),
    path("log/delivery-log.csv", log.csv, name="log_csv"),
    path("log/delivery-log.ndjson", log.ndjson, name="log_ndjson"),
    path("tasks/<uuid:task_id>/", tasks.task, name="task"),
    path("tasks/<uuid:task_id>/letter/", letters.news, name="news_letter"),
    path("quarantine/", quarantine.listed, name="quarantine"),
    path("quarantine/find/", quarantine.find, name="quarantine_find"),
    path("quarantine/replay/", quarantine.replay_all, name="quarantine_replay_all"),
    path("quarantine/<uuid:event_id>/", quarantine.event, name="quarantine_event"),
    path("quarantine/<uuid:event_id>/mend/", quarantine.mend, name="quarantine_mend"),
    path("quarantine/<uuid:event_id>/replay/", quarantine.replay, name="quarantine_replay"),
    path("quarantine/<uuid:event_id>/drop/", quarantine.drop, name="quarantine_drop"),
    path("words/", wording.listed, name="words"),
    path("words/<str:text_key>/", wording.text, name="words_text"),
    path("words/<str:text_key>/history/", wording.history, name="words_history"),
    path("", include("trackmycrime.desk.urls_people")),
    path("", include("trackmycrime.desk.urls_helping")),
    path("", include("trackmycrime.desk.urls_provider")),
    path("", include("trackmycrime.desk.urls_invitations")),
    path("", include("trackmycrime.desk.urls_signing")),
    path("", include("trackmycrime.desk.urls_factors")),
    path("", include("trackmycrime.desk.urls_control")),
    path("", include("trackmycrime.design.urls")),
]
