// The way out works as a plain link. With script it also hides this page at once, takes it out of the «back» list, and
// ends the session first, so that «back» shows no case. Pressing Shift or Escape three times does the same: Shift is
// what other public services use, Escape is what a hand finds in a hurry. Once or twice both do what they always do.
(function () {
  "use strict";
  var link = document.querySelector("[data-exit]");
  if (!link) return;
  var status = document.querySelector("[data-exit-status]");
  var pressed = "";
  var count = 0;
  var timer = 0;

  function signOut() {
    var form = document.querySelector("form[data-sign-out]");
    if (!form || !window.fetch) return;
    // not waited for: the browser sends it although the page is gone
    window.fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true }).catch(function () {});
  }
  function leave(event) {
    if (event) event.preventDefault();
    document.documentElement.hidden = true;
    document.title = "";
    try { signOut(); } finally { window.location.replace(link.href); }
  }
  function forget() {
    count = 0;
    if (status) status.textContent = "";
  }
  link.addEventListener("click", leave);
  document.addEventListener("keyup", function (event) {
    if (event.isComposing || (event.key !== "Shift" && event.key !== "Escape")) { forget(); return; }
    // a phone's own keyboard sends Shift while somebody types
    var field = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "Shift" && field && window.matchMedia("(pointer: coarse)").matches) return;
    if (event.key !== pressed) forget();
    pressed = event.key;
    count += 1;
    window.clearTimeout(timer);
    timer = window.setTimeout(forget, 5000);
    if (status && count < 3) status.textContent = status.getAttribute("data-" + pressed.toLowerCase() + "-" + count);
    if (count >= 3) leave();
  });
  // coming back by the «back» button must not show the page from memory
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) window.location.reload();
  });
})();
