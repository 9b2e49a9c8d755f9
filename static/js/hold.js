// The slot that is kept while one speaks: the bar grows shorter, the last minute is announced, and a page that is left gives the
// slot back. The server says how long; what is shown here is only redrawn.
"use strict";

const kept = () => document.querySelector("[data-hold]");
const ANNOUNCED = [[60, "Encore une minute de garde."], [15, "La garde finit dans 15 secondes."]];
let saidFor = { until: "", left: Infinity };

function redrawHold() {
  const box = kept();
  if (!box || box.dataset.hold !== "mine") return;
  const left = Math.max(0, Math.round((new Date(box.dataset.until) - Date.now()) / 1000));
  const meter = box.querySelector("progress");
  meter.value = left;
  meter.classList.toggle("meter--warn", left < 60);
  if (box.classList.contains("holdbar")) box.classList.toggle("holdbar--warn", left < 60);
  if (saidFor.until !== box.dataset.until) saidFor = { until: box.dataset.until, left: Infinity };
  const [, words] = ANNOUNCED.find(([at]) => left <= at && saidFor.left > at && left > at - 15) || [];
  if (words) document.getElementById("annonces").textContent = words;
  if (left === 0 && saidFor.left > 0) {
    document.getElementById("annonces").textContent = "La garde est finie.";
    askAgain();
  }
  saidFor.left = left;
}
setInterval(redrawHold, 1000);

function askAgain() {
  const ask = document.querySelector("[data-ask]");
  if (ask && window.htmx) window.htmx.trigger(ask, "regain");
}
// Another tab may have taken the hold over.
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") askAgain(); });

// While typing, the same key with Alt.
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const target = document.querySelector(`[data-key-typing="${CSS.escape(event.key.toLowerCase())}"]`);
  if (target) {
    event.preventDefault();
    target.click();
  }
});

// Leaving for another page of ours keeps the slot, or takes another; leaving for good gives it back.
let within = false;
const goesOn = () => { within = true; };
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link && link.origin === location.origin && !link.target) goesOn();
});
document.addEventListener("submit", goesOn);
window.addEventListener("pageshow", () => { within = false; });
window.addEventListener("pagehide", () => {
  const box = kept();
  if (within || !box || box.dataset.hold !== "mine") return;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", box.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("token", box.dataset.token);
  body.set("renewals", box.dataset.renewals);
  navigator.sendBeacon(box.action, body);
});
