// Enhances what works without it: password show, character count, focus on the error summary, double clicks.
document.body.classList.add("js-enabled", "govuk-frontend-supported");
if (document.querySelector("[data-module]")) {
  import("./vendor/govuk-frontend.js").then(({ initAll }) => initAll());
}
