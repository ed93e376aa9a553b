// Passkeys: fills in the forms that say `data-passkey` ("add" or "show"), from what `data-options` asks. Without it, and
// in a browser that cannot do it, the page says so and what to do instead.
const forms = Array.from(document.querySelectorAll("form[data-passkey]"));
let waiting = null; // the offer beside the email field, which is taken back when somebody presses a button

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function asked(form) {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of ["excludeCredentials", "allowCredentials"])
    if (options[list]) options[list] = options[list].map((one) => ({ ...one, id: bytes(one.id) }));
  return { publicKey: options };
}

function answer(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[part]) response[part] = text(credential.response[part]);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

function say(form, state) {
  const root = form.closest("[data-passkeys]");
  if (!root) return;
  for (const part of root.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  const said = root.querySelector("[data-state]:not([hidden])");
  if (said && state !== "ready") said.focus();
}

function send(form, credential) {
  form.elements.answer.value = answer(credential);
  form.submit();
}

async function run(form) {
  if (waiting) waiting.abort();
  const add = form.dataset.passkey === "add";
  const credential = await (add ? navigator.credentials.create(asked(form)) : navigator.credentials.get(asked(form)));
  send(form, credential);
}

async function pressed(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await run(form);
  } catch (error) {
    button.disabled = false;
    say(form, error.name === "InvalidStateError" ? "has" : error.name === "SecurityError" ? "cannot" : "stopped");
  }
}

// Beside the email field the browser offers the passkeys that it keeps; nothing happens until somebody chooses one.
async function offer(form) {
  if (!PublicKeyCredential.isConditionalMediationAvailable) return;
  if (!(await PublicKeyCredential.isConditionalMediationAvailable())) return;
  waiting = new AbortController();
  try {
    send(form, await navigator.credentials.get({ ...asked(form), mediation: "conditional", signal: waiting.signal }));
  } catch (_) {
    // taken back, or this browser has none: the page is there without it
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of forms) {
    say(form, "ready");
    if ("offered" in form.dataset) offer(form);
    else form.addEventListener("submit", pressed);
  }
}
