// Choosing another hour by keys: digits go to the first slot after that hour, letters to a day, arrows to the half-day beside.
// What others take meanwhile stays where it was, struck out: nothing moves under the finger.
"use strict";

const choice = () => document.getElementById("choix");
const DAY_KEYS = { d: 0, l: 1, m: 2, e: 3, j: 4, v: 5, s: 6 };
const PAUSE = 1200;
let typed = "";
let typedAt = 0;
let waiting = 0;

let asked = 0;

// The part of the page anew. Of several asked for at once the last one counts.
async function ask(query) {
  const address = `${location.pathname}?${[choice().dataset.kept, query].filter(Boolean).join("&")}`;
  const turn = (asked += 1);
  const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Target": "choix" } }).catch(() => null);
  if (!answer || answer.status !== 200 || turn !== asked) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("choix");
  if (!fresh || turn !== asked) return;
  choice().replaceWith(fresh);
  window.htmx.process(fresh);
  reveal(fresh);
  attend(fresh);
  history.replaceState(null, "", address);
  const said = fresh.querySelector("[data-announce]");
  if (said) document.getElementById("annonces").textContent = said.textContent;
}

function jump() {
  if (typed) ask(`demi=${choice().dataset.shown}&apres=${encodeURIComponent(typed)}`);
}

function digit(key) {
  typed = Date.now() - typedAt < PAUSE ? typed + key : key;
  typedAt = Date.now();
  const field = document.querySelector("[data-jump]");
  if (field) field.value = typed;
  clearTimeout(waiting);
  if (typed.length === 2 || typed.length === 4) jump();
  else waiting = setTimeout(jump, PAUSE);
}

document.addEventListener("keydown", (event) => {
  const box = choice();
  if (!box || !shortcutsOn() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (/^\d$/.test(event.key)) {
    event.preventDefault();
    digit(event.key);
  } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const link = box.querySelector(`[data-half="${event.key}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
  } else if (!event.shiftKey && event.key.toLowerCase() in DAY_KEYS) {
    const day = box.dataset.days.trim().split(" ").find((one) => new Date(`${one}T12:00:00Z`).getUTCDay() === DAY_KEYS[event.key.toLowerCase()]);
    if (day) {
      event.preventDefault();
      ask(`demi=${day}`);
    }
  }
});

// Every 15 seconds, while somebody looks: what went is struck out, what came is put in its place.
const chipsOf = (box) => new Map([...box.querySelectorAll("a.chip")].map((chip) => [chip.getAttribute("href"), chip]));

async function follow() {
  const box = choice();
  if (!box || document.visibilityState !== "visible") return;
  const answer = await fetch(location.href, { headers: { "HX-Request": "true", "HX-Target": "choix" } }).catch(() => null);
  if (!answer || answer.status !== 200 || box !== choice()) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("choix");
  if (!fresh || fresh.dataset.shown !== box.dataset.shown) return;
  const [before, after] = [chipsOf(box), chipsOf(fresh)];
  for (const [href, chip] of before) {
    if (after.has(href) || chip === document.activeElement && chip.classList.contains("chip--mine")) continue;
    const gone = Object.assign(document.createElement("span"), { className: "chip chip--gone" });
    const hour = Object.assign(document.createElement("s"), { textContent: chip.firstChild.textContent.trim() });
    gone.append(hour, Object.assign(document.createElement("span"), { className: "chip__mark", textContent: "pris" }));
    chip.replaceWith(gone);
  }
  for (const [href, chip] of after) {
    if (before.has(href)) continue;
    const row = [...box.querySelectorAll(".chips")].find((one) => one.getAttribute("aria-label") === chip.closest(".chips").getAttribute("aria-label"));
    const standing = row && [...row.querySelectorAll(".chip--gone")].find((one) => one.querySelector("s").textContent === chip.firstChild.textContent.trim());
    chip.classList.add("chip--new");
    if (standing) standing.replaceWith(chip);
    else if (row) row.append(chip.closest("li"));
  }
  for (const part of [".soon", ".halves"]) {
    const [stale, now] = [box.querySelector(part), fresh.querySelector(part)];
    if (!stale || !now || stale.contains(document.activeElement)) continue;
    stale.replaceWith(now);
    window.htmx.process(now);
  }
}
setInterval(follow, 15000);
