// Booking over the agenda: a free slot, or an empty time of a column, opens the form of a new appointment where it is for. Without
// script, and where the grid has one column, the same form is a page.
"use strict";

const ONE_COLUMN = 44; // rem
const STEPS = { "scale-5": 5, "scale-10": 10 };
const wideEnough = () => grid.clientWidth > ONE_COLUMN * parseFloat(getComputedStyle(document.documentElement).fontSize);
const opened = () => document.querySelector("[data-pop]");
// What has the focus back when the panel closes, and what was drawn for it alone.
let origin = null;
let drawn = null;

function openPanel(item, address, from) {
  origin = from;
  item.classList.add("is-open");
  // What others do waits until it is there, and gone again (present.js).
  item.dataset.holding = "";
  const link = item.querySelector(".free");
  if (link) link.classList.add(link.classList.contains("free--ghost") ? "free--ghost" : "free--chosen");
  htmx.ajax("GET", address, { source: item, target: item, swap: "beforeend" });
}

function closePanel() {
  const pop = opened();
  document.querySelectorAll(".agenda .is-open").forEach((one) => {
    one.classList.remove("is-open");
    delete one.dataset.holding;
  });
  document.querySelectorAll(".free--chosen").forEach((one) => { one.classList.remove("free--chosen"); });
  if (pop) pop.remove();
  document.querySelectorAll(".finder").forEach((one) => { one.remove(); });
  if (drawn) drawn.remove();
  drawn = null;
}

function leavePanel() {
  closePanel();
  if (origin && origin.isConnected) origin.focus();
}

// Beside its place where there is room, and whole in the window, under the heads of the columns. How far up depends on how long it
// has become: a property set by script, which the content policy allows, as it would no style attribute.
function settle(pop) {
  if (!pop.isConnected || pop.parentElement.matches(".finder")) return;
  pop.classList.add("pop--in");
  document.scrollingElement.scrollLeft = 0;
  const item = pop.parentElement.getBoundingClientRect();
  const width = pop.offsetWidth + 16;
  const fits = { right: item.right + width < innerWidth, left: item.left - width > grid.getBoundingClientRect().left };
  pop.classList.toggle("pop--left", !fits.right && fits.left);
  pop.classList.toggle("pop--in", !fits.right && !fits.left);
  pop.style.top = "";
  if (!wideEnough()) return;
  const heads = document.querySelector(".agenda__heads").getBoundingClientRect();
  // What was just done is said at the foot of the window.
  const toast = document.querySelector(".toast");
  const floor = toast ? toast.getBoundingClientRect().top : innerHeight;
  const box = pop.getBoundingClientRect();
  const top = Math.max(heads.bottom + 4, Math.min(box.top, floor - box.height - 8));
  pop.style.top = `${pop.offsetTop + top - box.top}px`;
}
// What is answered, chosen or unfolded in it makes it longer.
const growing = new ResizeObserver((entries) => entries.forEach((one) => settle(one.target)));

// ---- Opening ----
document.addEventListener("click", (event) => {
  if (!grid || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("[data-pop]")) return;
  const slot = event.target.closest(".agenda a.free[href*='creneau=']");
  if (slot && wideEnough()) {
    event.preventDefault();
    if (opened() && touched(opened())) return;
    closePanel();
    openPanel(slot.closest("li"), slot.href, slot);
    return;
  }
  const column = event.target.closest(".agenda__day[data-practitioner]");
  if (slot || !column || event.target.closest("a, button") || !document.querySelector("[data-key=n]")) return;
  // A slip of the hand loses nothing typed.
  if (opened() && touched(opened())) return;
  const minute = minuteOf(column, event.clientY);
  if (minute !== null && column.dataset.day >= localDay()) openAt(column, minute);
});

// Rounded down to the step of the grid's scale. Where hours are folded away, within those that are drawn.
function minuteOf(column, y) {
  const top = column.getBoundingClientRect().top;
  const hours = [...grid.querySelectorAll(".agenda__hours > li:not(.now-tag)")].map((one) => ({
    minute: Number(/(?:^|\s)at-(\d+)h/.exec(one.className)[1]) * 60, top: one.offsetTop + top,
  }));
  const here = hours.findLastIndex((one) => one.top <= y);
  const heights = hours.slice(1).filter((one, rank) => one.minute - hours[rank].minute === 60).map((one, rank) => one.top - hours[rank].top);
  if (here < 0 || !heights.length) return null;
  const scale = Object.keys(STEPS).find((name) => grid.classList.contains(name));
  const step = STEPS[scale] || 15;
  const within = Math.min(59, ((y - hours[here].top) / Math.min(...heights)) * 60);
  return hours[here].minute + Math.floor(within / step) * step;
}

function openAt(column, minute) {
  const [hour, rest] = [Math.floor(minute / 60), String(minute % 60).padStart(2, "0")];
  const place = new URLSearchParams(location.search).get("lieu");
  const address = `/agenda/${column.dataset.practitioner}/rendez-vous/nouveau/?jour=${column.dataset.day}&heure=${hour}h${rest}${place ? `&lieu=${place}` : ""}`;
  if (!wideEnough()) {
    location.href = address;
    return;
  }
  const from = document.activeElement;
  const list = column.querySelector(".agenda__items");
  const item = document.createElement("li");
  item.className = `at-${hour}h at-${minute % 60}m for-15m`;
  // Under the hours that are folded away, as what stands there is.
  if (grid.querySelector(`.agenda__hours > .is-below.at-${hour}h:not(.now-tag)`)) item.classList.add("is-below");
  item.append(Object.assign(document.createElement("a"), { className: "free free--ghost", href: address, textContent: `${hour}\u202fh\u202f${rest}` }));
  closePanel();
  list.append(item);
  const following = [...list.children].find((one) => one !== item && !one.classList.contains("is-zone") && one.offsetTop > item.offsetTop);
  list.insertBefore(item, following || null);
  drawn = item;
  openPanel(item, address, from);
}

// Before its field has the focus, which would scroll the page to where it is not yet.
document.addEventListener("htmx:afterSwap", () => {
  if (!opened()) return;
  settle(opened());
  growing.disconnect();
  growing.observe(opened());
});

// ---- What is said meanwhile ----
const touched = (pop) => [...pop.querySelectorAll("input:not([type=hidden]), textarea, select")].some((one) => (
  one.type === "radio" || one.type === "checkbox" ? one.checked !== one.defaultChecked
    : one.tagName === "SELECT" ? [...one.options].some((option) => option.selected !== option.defaultSelected) && one.selectedIndex > 0
      : one.value !== one.defaultValue
)) || Boolean(pop.querySelector("[name=file], [role=alert]"));

document.addEventListener("htmx:beforeSwap", (event) => {
  // A form that comes back with what is wrong, or with what stands in the way.
  if ([409, 422].includes(event.detail.xhr.status)) Object.assign(event.detail, { shouldSwap: true, isError: false });
});

// The session is over, the database away: the page of before script knows how to keep what was typed.
document.addEventListener("htmx:responseError", (event) => {
  const form = event.detail.elt.closest("[data-pop] form");
  if (form) HTMLFormElement.prototype.submit.call(form);
  else if (event.detail.elt.matches(".agenda .is-open, .finder, .finder *")) {
    const isVisit = event.detail.elt.querySelector("a.appt");
    leavePanel();
    say(`Ce ${isVisit ? "rendez-vous ne peut pas être ouvert" : "moment ne peut plus être pris"} ici\u00a0: rechargez la page.`);
  }
});
document.addEventListener("htmx:sendError", (event) => {
  const pop = event.detail.elt.closest(".agenda .is-open, [data-pop], .finder");
  if (!pop) return;
  pop.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  pop.querySelectorAll("[aria-busy]").forEach((button) => { button.removeAttribute("aria-busy"); });
  say("Pas de réponse du serveur\u00a0: rien n’a été pris. Recommencez.");
});

document.addEventListener("visit-booked", async (event) => {
  const { visit, said } = event.detail;
  closePanel();
  await redrawGrid();
  const block = [...document.querySelectorAll(".agenda a.appt")].find((one) => one.pathname === visit);
  if (block) block.focus();
  else if (origin && origin.isConnected) origin.focus();
  say(said);
});

async function redrawGrid() {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  if (!document.querySelector("[data-holding]")) takePage(page);
}

document.addEventListener("click", (event) => {
  const pop = opened();
  if (!pop) return;
  if (event.target.closest("[data-close]")) leavePanel();
  else if (!pop.parentElement.contains(event.target) && !event.target.closest(".agenda__day, .toast, [data-key=n]") && !touched(pop)) closePanel();
  if (event.target.closest("[data-whole]")) {
    event.preventDefault();
    const form = event.target.closest("form");
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "whole", value: "1" }));
    HTMLFormElement.prototype.submit.call(form);
  }
}, true);

document.addEventListener("keydown", (event) => {
  const pop = opened();
  if (!pop) return;
  if (event.key === "Escape") leavePanel();
  if (event.key !== "Tab" || !pop.contains(event.target)) return;
  const stops = [...pop.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(
    (one) => !one.disabled && one.tabIndex >= 0 && one.type !== "hidden" && one.getClientRects().length,
  );
  const [first, last] = [stops[0], stops[stops.length - 1]];
  if (event.target === (event.shiftKey ? first : last)) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
});

// ---- Looking for an hour ----
// Anywhere else N opens what looks for one, where the button of a new appointment is; an hour chosen there is booked in its place.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-key=n]");
  const hour = event.target.closest("[data-pop] [data-book-at]");
  if (!grid || !(button || hour) || event.ctrlKey || event.metaKey || !wideEnough()) return;
  event.preventDefault();
  if (hour) {
    htmx.ajax("GET", hour.href, { source: hour, target: opened(), swap: "outerHTML" });
    return;
  }
  const from = document.activeElement;
  if (opened() && touched(opened())) return;
  closePanel();
  origin = from;
  const room = Object.assign(document.createElement("div"), { className: "finder" });
  document.querySelector("main").append(room);
  const [year, month, day] = (new URL(button.href).searchParams.get("jour") || localDay()).split("-");
  const since = `${year}-${month}-${day}` > localDay() ? `${day}/${month}/${year}` : "";
  htmx.ajax("GET", `/agenda/creneaux/?des=${since}${button.dataset.whose}`, { source: room, target: room, swap: "innerHTML" });
});

// On a free slot N opens it, as Enter does.
tellKeys("Sur un créneau libre", [["n", "Le prendre"]]);
document.addEventListener("keydown", (event) => {
  const slot = event.target.closest && event.target.closest(".agenda a.free[href*='creneau=']");
  if (!slot || !shortcutsOn() || event.key.toLowerCase() !== "n" || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  slot.click();
}, true);
