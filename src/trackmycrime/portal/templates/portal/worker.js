{% autoescape off %}// Shows a push and opens the portal's first page when it is pressed. It answers no request and keeps no page.
"use strict";
const said = {{ said }};

function words(event) {
  try {
    const read = event.data.json();
    if (typeof read.title === "string" && typeof read.body === "string") return read;
  } catch (_) { /* what cannot be read is shown in words that say nothing */ }
  return said.neutral;
}

self.addEventListener("push", (event) => {
  const shown = words(event);
  event.waitUntil(self.registration.showNotification(shown.title, {
    body: shown.body,
    lang: shown.lang || "",
    tag: "news", // one at a time: a later one takes the place of the one before
    renotify: true,
    ...said.look,
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(said.home));
});
{% endautoescape %}
