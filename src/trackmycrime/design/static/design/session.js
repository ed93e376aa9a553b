// Says, so that a screen reader says it too, when somebody is about to be signed out, and lets them go on. Without it
// the page «Where you are signed in» says when that is. Asking how long is left does not make it longer.
const box = document.querySelector("template[data-session]");
const WARN = 180; // seconds before the end
const FIRST = 20; // after the page has come, so that a page that is left again asks nothing

let dialog = null;
let ends = 0;
let timer = 0;
let said = -1;
let before = null;

function later(seconds) {
  window.clearTimeout(timer);
  timer = window.setTimeout(look, Math.max(1, seconds) * 1000);
}

function over() {
  // the page itself leads to the sign-in, and from there back here; nothing stays on the screen
  document.documentElement.hidden = true;
  window.location.replace(window.location.pathname + window.location.search);
}

function open(more) {
  if (!dialog) {
    dialog = box.content.firstElementChild.cloneNode(true);
    document.body.append(dialog);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.querySelector("[data-go-on]").addEventListener("click", stay);
    dialog.querySelector("[data-close]").addEventListener("click", close);
    dialog.querySelector("[data-out]").addEventListener("click", () => form().requestSubmit());
  }
  for (const part of dialog.querySelectorAll("[data-more], [data-go-on]")) part.hidden = !more;
  for (const part of dialog.querySelectorAll("[data-last], [data-close]")) part.hidden = more;
  if (dialog.open) return;
  before = document.activeElement;
  dialog.showModal();
  dialog.querySelector("h2").focus();
  said = -1;
}

function close() {
  if (!dialog || !dialog.open) return;
  dialog.close();
  if (before && before.isConnected) before.focus();
}

// it ends later now: the next time that it is about to end is another one, and is said anew
function put_off() {
  close();
  said = -1;
}

function count() {
  const minutes = Math.max(0, Math.ceil((ends - Date.now()) / 60000));
  dialog.querySelector("[data-minutes]").textContent = String(minutes);
  if (said !== -1 && minutes !== said) {
    const status = dialog.querySelector("[role=status]");
    status.textContent = `${status.dataset.said} ${minutes}`;
  }
  said = minutes;
}

// the form that signs out has the token, and goes where signing out goes
function form() {
  return document.querySelector("form[data-sign-out]");
}

async function look() {
  let answer;
  try {
    answer = await (await fetch(box.dataset.session, { headers: { Accept: "application/json" } })).json();
  } catch (_) {
    // no answer: what was known holds; once it is over, nothing stays on the screen
    if (ends && Date.now() >= ends) over();
    else later(15);
    return;
  }
  ends = Date.now() + answer.left * 1000;
  if (answer.left <= 0) over();
  else if (answer.left > WARN) {
    put_off();
    later(answer.left - WARN);
  } else {
    const more = answer.after > answer.left + 30;
    if (more || !(dialog && said !== -1)) open(more);
    count();
    later(Math.min(15, answer.left));
  }
}

async function stay() {
  const body = new FormData(form());
  const answer = await fetch(box.dataset.stay, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (answer && answer.ok) put_off();
  look();
}

if (box && form()) {
  later(FIRST);
  document.addEventListener("visibilitychange", () => document.hidden || !ends || look());
}
