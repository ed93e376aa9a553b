// The page «Be told on this phone»: says how it stands with this browser, and fills in the forms. Without it, and in a
// browser that cannot be told, the page says what to do instead.
const root = document.querySelector("[data-phone]");

function show(state) {
  for (const part of root.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
}

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

async function mark(endpoint) {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function current() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return registration ? registration.pushManager.getSubscription() : null;
}

// Where the browser asks that nothing becomes script by a string (Trusted Types), this one address may.
function worker() {
  if (!window.trustedTypes) return root.dataset.worker;
  const only = (url) => { if (url !== root.dataset.worker) throw new TypeError("not the worker"); return url; };
  return window.trustedTypes.createPolicy("worker", { createScriptURL: only }).createScriptURL(root.dataset.worker);
}
const address = root ? worker() : null; // once: a policy's name may be used once

async function subscribe() {
  await navigator.serviceWorker.register(address, { scope: "/" });
  const registration = await navigator.serviceWorker.ready;
  const before = await registration.pushManager.getSubscription();
  if (before) await before.unsubscribe(); // it may be bound to a key that we do not have any more
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(root.dataset.key) });
}

async function add(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    form.elements.subscription.value = JSON.stringify(await subscribe());
    form.submit();
  } catch (_) {
    button.disabled = false;
    show(Notification.permission === "denied" ? "denied" : "failed");
    root.querySelector("[data-state]:not([hidden])").focus();
  }
}

async function stop(event) {
  event.preventDefault();
  const subscription = await current().catch(() => null);
  if (subscription) await subscription.unsubscribe().catch(() => false);
  const registration = await navigator.serviceWorker.getRegistration("/").catch(() => null);
  if (registration) await registration.unregister().catch(() => false);
  event.target.submit();
}

async function begin() {
  for (const form of root.querySelectorAll("form[data-add]")) form.addEventListener("submit", add);
  if (!("serviceWorker" in navigator)) return;
  if (!("PushManager" in window)) {
    if (/iPhone|iPad/.test(navigator.userAgent) && !navigator.standalone) show("install");
    return;
  }
  const subscription = await current().catch(() => null);
  const here = subscription && document.querySelector(`[data-mark="${await mark(subscription.endpoint)}"]`);
  if (here) {
    here.querySelector("[data-here]").hidden = false;
    here.querySelector("form").addEventListener("submit", stop);
    show("on");
  } else {
    show(Notification.permission === "denied" ? "denied" : "ready");
  }
}

if (root) begin();
