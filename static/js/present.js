// What others do appears in the open agenda: every few seconds the page asks how far its lines of time have come. When they have
// moved on, it fetches itself and takes what differs; never under the hands of who is in the middle of something.
"use strict";

const PRESENT_EVERY = 3000;
const PRESENT_BAR_EVERY = 30000;
const PRESENT_SLOWEST = 60000;
// Open, dragged, asked about or on its way: what stands there is left alone.
const PRESENT_HOLDS = "dialog[open], .pop, details.menu[open], .appt--dragged, .appt--ghost, [data-holding], .agenda [aria-busy=true]";
const PRESENT_NEWS = 9;

const present = { bar: document.querySelector("[data-present]"), answered: 0, barAt: 0, lost: 0, due: false, asking: false, timer: 0, fresh: new Set(), signedOut: false };

const presentClock = () => {
  const zone = document.querySelector(".agenda[data-zone]");
  const hour = new Date(present.answered).toLocaleTimeString("fr-FR", { timeZone: zone ? zone.dataset.zone : undefined, hour: "numeric", minute: "2-digit" });
  return hour.replace(":", "\u202fh\u202f").replace(/^0(?=\d)/, "");
};

function presentHeld() {
  const at = document.activeElement;
  if (document.querySelector(PRESENT_HOLDS) || !getSelection().isCollapsed) return true;
  return Boolean(typing(at) && (at.closest("main") || at.value));
}

// --- Asking ----------------------------------------------------------------------------------------------------------
async function askPresent() {
  clearTimeout(present.timer);
  if (present.asking || document.hidden) return;
  present.asking = true;
  try {
    const wantsBar = Date.now() - present.barAt >= PRESENT_BAR_EVERY;
    const query = present.bar.dataset.shownAt.trim().split(/\s+/).map((one) => `vu=${one}`);
    const answer = await fetchNow(`${present.bar.dataset.present}?${[...query, ...(wantsBar ? ["barre=1"] : [])].join("&")}`);
    if (answer && answer.status === 200) takeBar(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-bar]"));
    if (answer && present.due && !presentHeld()) await drawAnew();
    if (answer) presentIsFresh();
  } catch {
    present.lost += 1;
    // One that is lost is nobody's worry.
    if (present.lost > 1) presentIsLost();
  }
  present.asking = false;
  if (!present.signedOut) present.timer = setTimeout(askPresent, Math.min(PRESENT_EVERY * 2 ** present.lost, PRESENT_SLOWEST));
}

// Null when the session is over: it must not be mistaken for the server being away.
async function fetchNow(address) {
  const answer = await fetch(address, { redirect: "manual", headers: { "X-Present": "1" }, signal: AbortSignal.timeout(15000) });
  if (answer.type === "opaqueredirect") {
    presentIsOver();
    return null;
  }
  // What one may no longer see goes by itself (rights.js).
  if (answer.status === 404) lookAgain();
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}

function takeBar(fresh) {
  if (fresh.dataset.shownAt !== present.bar.dataset.shownAt) present.due = true;
  present.bar.dataset.shownAt = fresh.dataset.shownAt;
  present.barAt = Date.now();
  const old = present.bar.querySelector("[data-bar]");
  fresh.removeAttribute("data-shown-at");
  if (old.isEqualNode(fresh)) return;
  const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
  old.replaceWith(fresh);
  if (focused) refocus(fresh, focused);
}

const presentEnd = (...parts) => present.bar.querySelector("[data-fresh]").replaceChildren(...parts);

function presentIsFresh() {
  present.lost = 0;
  present.answered = Date.now();
  present.bar.classList.remove("nowbar--lost");
  const text = `À jour à ${presentClock()}`;
  if (present.bar.querySelector("[data-fresh]").textContent !== text) presentEnd(text);
}

function presentIsLost() {
  if (present.bar.classList.contains("nowbar--lost")) return;
  present.bar.classList.add("nowbar--lost");
  const text = present.answered ? `Pas de nouvelles depuis ${presentClock()}.` : "Pas de nouvelles du serveur.";
  const again = Object.assign(document.createElement("button"), { type: "button", className: "btn btn--ghost btn--sm", textContent: "Réessayer" });
  again.addEventListener("click", askPresent);
  presentEnd(`${text} `, again);
  document.getElementById("annonces").textContent = `${text} Ce que vous voyez date de là.`;
}

function presentIsOver() {
  present.signedOut = true;
  present.bar.classList.add("nowbar--lost");
  const text = "Votre session est terminée.";
  presentEnd(`${text} `, Object.assign(document.createElement("a"), { href: location.href, textContent: "Se reconnecter" }));
  document.getElementById("annonces").textContent = text;
}

// --- The page as it is now -------------------------------------------------------------------------------------------
const looksOf = (block) => {
  const classes = [...block.classList].filter((name) => name !== "is-new").sort().join(" ");
  const column = block.closest(".agenda__day");
  const time = block.querySelector(".appt__time");
  return [block.dataset.version, classes, column && column.dataset.practitioner, column && column.dataset.day, time && time.textContent].join("|");
};
const visitsOf = (root) => new Map([...root.querySelectorAll(".agenda a.appt")].map((block) => [block.pathname, looksOf(block)]));
const refocus = (root, href) => { const one = root.querySelector(`a[href="${CSS.escape(href)}"]`); if (one) one.focus({ preventScroll: true }); };

async function drawAnew() {
  const answer = await fetchNow(location.href);
  if (!answer) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (presentHeld()) return;
  const fresh = page.querySelector("[data-present]");
  if (!fresh) return;
  const at = document.activeElement;
  const href = at.closest("main, .side") && at.getAttribute("href");
  const before = visitsOf(document);
  present.bar.dataset.shownAt = fresh.dataset.shownAt;
  present.due = false;
  document.querySelectorAll(".agenda a.is-new").forEach(unmark);
  aroundBar(document.querySelector("main"), page.querySelector("main"), fresh);
  takeOver(document.querySelector(".side__list"), page.querySelector(".side__list"));
  markNew();
  const after = visitsOf(document);
  if (href && !at.isConnected) refocus(document, href);
  document.querySelectorAll("main [data-with-script]").forEach((element) => { element.hidden = false; });
  document.dispatchEvent(new CustomEvent("present:drawn"));
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
  if (changed.length) await tellWhat(changed, before);
}

// The bar stays: it is said aloud, and may have the focus.
function aroundBar(old, fresh, freshBar) {
  // What was just done is still said, and can be undone.
  const toast = old.querySelector(":scope > .toast");
  const parts = [...old.children].filter((one) => one !== toast);
  const same = parts.length === fresh.children.length && parts.every((one, at) => one.tagName === fresh.children[at].tagName && one.className.split(" ")[0] === fresh.children[at].className.split(" ")[0]);
  if (same) {
    parts.forEach((one, at) => { if (one !== present.bar) takeOver(one, fresh.children[at]); });
    return;
  }
  [...old.childNodes].forEach((one) => { if (one !== present.bar && one !== toast) one.remove(); });
  let isAfter = false;
  [...fresh.childNodes].forEach((one) => {
    if (one === freshBar) isAfter = true;
    else if (isAfter) old.append(one);
    else present.bar.before(one);
  });
}

// Takes of the new tree what differs, and leaves the rest as it is, with its focus and its place under the eye.
function takeOver(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const alike = old.nodeType === Node.ELEMENT_NODE && old.tagName === fresh.tagName && old.tagName !== "LI" && old.childNodes.length === fresh.childNodes.length;
  if (!alike) {
    old.replaceWith(fresh);
    return;
  }
  // What was unfolded stays so.
  [...old.attributes].forEach(({ name }) => { if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name); });
  [...fresh.attributes].forEach(({ name, value }) => { if (old.getAttribute(name) !== value) old.setAttribute(name, value); });
  const children = [...fresh.childNodes];
  [...old.childNodes].forEach((one, at) => takeOver(one, children[at]));
}

// --- What happened ---------------------------------------------------------------------------------------------------
async function tellWhat(changed, before) {
  const query = changed.slice(0, 20).map((path) => `rdv=${path.split("/")[2]}`).join("&");
  const answer = await fetchNow(`${present.bar.dataset.facts}?${query}`);
  if (!answer) return;
  const links = [...new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("a")];
  if (!links.length) return;
  links.forEach((link) => { if (link.matches("[data-is-new]") && !before.has(link.pathname)) present.fresh.add(link.pathname); });
  markNew();
  const former = newsShown().filter((old) => !links.some((one) => one.pathname === old.pathname));
  showNews([...links.reverse(), ...former]);
  document.getElementById("annonces").textContent = links.slice(0, 3).map((link) => link.textContent.trim()).join(". ") + (links.length > 3 ? ` Et ${links.length - 3} autres.` : "");
}

// The latest in sight, those before it behind a count; what one has followed is gone.
const newsShown = () => [...present.bar.querySelectorAll("[data-new] a")];

function showNews(links) {
  const room = present.bar.querySelector("[data-new]");
  const all = links.slice(0, PRESENT_NEWS);
  room.hidden = !all.length;
  room.replaceChildren(...all.slice(0, 1));
  if (all.length < 2) return;
  const more = document.createElement("details");
  more.className = "menu";
  const list = Object.assign(document.createElement("div"), { className: "menu__list nowbar__more" });
  list.append(...all.slice(1));
  more.append(Object.assign(document.createElement("summary"), { textContent: `et ${all.length - 1} autre${all.length > 2 ? "s" : ""}` }), list);
  room.append(more);
}

// « Nouveau » until one has gone to it.
function markNew() {
  present.fresh.forEach((path) => {
    const block = blockOf(path);
    if (!block || block.classList.contains("is-new")) return;
    block.classList.add("is-new");
    const mark = Object.assign(document.createElement("span"), { className: "appt__origin appt__origin--new", textContent: "NOUVEAU" });
    const marks = block.querySelector(".appt__marks");
    if (marks) marks.prepend(mark);
    else block.querySelector(".appt__line").append(mark);
  });
}

function unmark(block) {
  block.classList.remove("is-new");
  block.querySelectorAll(".appt__origin--new").forEach((mark) => mark.remove());
}

const blockOf = (path) => [...document.querySelectorAll(".agenda a.appt")].find((one) => one.pathname === path);

function isSeen(path) {
  const block = blockOf(path);
  if (block) unmark(block);
  present.fresh.delete(path);
  const news = newsShown();
  if (news.some((one) => one.pathname === path)) showNews(news.filter((one) => one.pathname !== path));
}

function startPresent() {
  present.bar.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const block = link && blockOf(link.pathname);
    if (!block || !block.offsetParent || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    isSeen(link.pathname);
    block.scrollIntoView({ block: "center" });
    block.focus({ preventScroll: true });
  });
  document.addEventListener("focusin", (event) => {
    const block = event.target.closest(".agenda a.appt.is-new");
    if (block) isSeen(block.pathname);
  });
  document.addEventListener("visibilitychange", askPresent);
  window.addEventListener("focus", askPresent);
  askPresent();
}
if (present.bar) startPresent();
