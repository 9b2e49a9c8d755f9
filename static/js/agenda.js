// What script adds to pages that work without it: focus on what needs attention, keys, and no form sent twice.
"use strict";

const typing = (element) => element && (element.matches("input:not([type=radio]):not([type=checkbox]), textarea, select") || element.isContentEditable);

const isInView = (element) => element.getClientRects().length > 0;

function attend(root) {
  // Where somebody waits on the phone, to the first field that is wrong: the summary stands above it.
  const wrong = [...root.querySelectorAll("[data-to-fault] [aria-invalid=true]")].find(isInView);
  if (wrong) {
    wrong.focus();
    return;
  }
  // Of two that mean the same, the one that is shown.
  [...root.querySelectorAll("[data-focus]")].filter(isInView).slice(0, 1).forEach((target) => {
    target.focus();
    // What stands there is typed over.
    if (target.dataset.focus === "all") target.select();
  });
}

document.addEventListener("DOMContentLoaded", () => attend(document));
document.addEventListener("htmx:afterSettle", (event) => attend(event.target));

// A second click on a slow "Confirmer" must not send the form again; the server would book once anyway.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // One that changes nothing may be sent again: a search, a file.
  if ("again" in form.dataset) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  const button = event.submitter;
  if (button && button.dataset.busy) {
    button.setAttribute("aria-busy", "true");
    button.textContent = button.dataset.busy;
  }
});
// A form that was kept: signing in, in another tab, has changed the token, which is read anew before it goes.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.dataset.tokenFrom) return;
  event.preventDefault();
  try {
    const page = new DOMParser().parseFromString(await (await fetch(form.dataset.tokenFrom)).text(), "text/html");
    const fresh = page.querySelector("[name=csrfmiddlewaretoken]");
    if (fresh) form.querySelector("[name=csrfmiddlewaretoken]").value = fresh.value;
  } finally {
    // Without an answer too: the browser says then that there is no network, and Back leads here.
    HTMLFormElement.prototype.submit.call(form);
  }
});
// A session that is over: a small window signs in again, says so and closes; the form that waits for it goes by itself.
const signedIn = new BroadcastChannel("signed-in");
if (document.querySelector("[data-signed-in]")) {
  signedIn.postMessage("");
  window.close();
}
document.addEventListener("click", (event) => {
  const door = event.target.closest("[data-renew]");
  if (!door || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const small = window.open(door.href, "", "popup,width=560,height=720");
  if (!small) return;
  event.preventDefault();
  small.opener = null;
  signedIn.onmessage = () => document.querySelector("form[data-renewed]").requestSubmit();
});
// Coming back by the browser's arrow: the form may be sent again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// Buttons and hints that only script makes true.
const reveal = (root) => root.querySelectorAll("[data-with-script]").forEach((element) => { element.hidden = false; });
reveal(document);
document.addEventListener("htmx:afterSettle", (event) => reveal(event.target));
document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

// Ctrl+Enter sends the form one is typing in.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    // A page that is one form, from anywhere in it.
    const page = !event.target.closest("form, dialog") && document.querySelector("form[data-ctrl-enter=page]");
    const form = event.target.closest("form[data-ctrl-enter]") || page;
    if (!form) return;
    // What has a button of its own, as « en plus », is pressed there: the keys lead to it, as Enter does.
    const own = form.querySelector("[data-beside-button]:not([hidden])");
    const button = form.querySelector("[type=submit]:not([form])");
    if (own && event.target !== own) own.focus();
    else if (own) form.requestSubmit(own);
    else if (!button.disabled) form.requestSubmit(button);
  }
});

// A page that asks for its own news: what matters is said once when it changed, and what was unfolded stays so.
const announced = () => [...document.querySelectorAll("[data-announce]")].map((one) => one.textContent.trim().replace(/\s+/g, " ")).join(" ");

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.shouldSwap) return;
  const before = announced();
  const open = [...document.querySelectorAll("details[id][open]")].map((one) => one.id);
  document.addEventListener("htmx:afterSwap", () => {
    open.forEach((id) => { const one = document.getElementById(id); if (one) one.open = true; });
    const now = announced();
    if (now !== before) document.getElementById("annonces").textContent = now;
  }, { once: true });
});
