// The way out works as a plain link. With script it also takes this page out of the «back» list and hides it at
// once, and pressing Shift three times does the same (not Escape: browsers and screen readers use that).
(function () {
  "use strict";
  var link = document.querySelector("[data-exit]");
  if (!link) return;
  var status = document.querySelector("[data-exit-status]");
  var count = 0;
  var timer = 0;

  function leave(event) {
    if (event) event.preventDefault();
    document.documentElement.hidden = true;
    document.title = "";
    window.location.replace(link.href);
  }
  function forget() {
    count = 0;
    if (status) status.textContent = "";
  }
  link.addEventListener("click", leave);
  document.addEventListener("keyup", function (event) {
    if (event.key !== "Shift" || event.isComposing) { forget(); return; }
    // a phone's own keyboard sends Shift while somebody types
    var field = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (field && window.matchMedia("(pointer: coarse)").matches) return;
    count += 1;
    window.clearTimeout(timer);
    timer = window.setTimeout(forget, 5000);
    if (status && count < 3) status.textContent = status.getAttribute("data-" + count);
    if (count >= 3) leave();
  });
  // coming back by the «back» button must not show the page from memory
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) window.location.reload();
  });
})();
