// The week of the openings: hours are drawn in it, edges are pulled; the form beside it says what it changes. All of it works
// without: drawing only fills in the form, by the address of its page.
"use strict";

const SNAP = 15;
const EDGE = 7; // pixels of a band that move its edge
const two = (number) => String(number).padStart(2, "0");
const typed = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
const said = (minutes) => `${Math.floor(minutes / 60)}\u202fh\u202f${two(minutes % 60)}`;

// ---- Drawing ----
let drawing = null;

function minuteAt(column, y) {
  const [first, last] = column.closest("[data-draw]").dataset.hours.split(" ").map(Number);
  const box = column.getBoundingClientRect();
  const minute = first * 60 + ((y - box.top) / box.height) * (last - first) * 60;
  return Math.min(last * 60, Math.max(first * 60, Math.round(minute / SNAP) * SNAP));
}

// Positions are classes: the strict content policy allows no style attribute.
function place(item, from, to) {
  [...item.classList].forEach((name) => { if (/^(at|for)-\d+[hm]$/.test(name)) item.classList.remove(name); });
  item.classList.add(`at-${Math.floor(from / 60)}h`);
  if (from % 60) item.classList.add(`at-${from % 60}m`);
  const length = to - from;
  if (length >= 60) item.classList.add(`for-${Math.floor(length / 60)}h`);
  if (length % 60) item.classList.add(`for-${length % 60}m`);
  const hours = item.querySelector("[data-hours-said]");
  if (hours) hours.textContent = `${said(from)} – ${said(to)}`;
}

function ghost(column) {
  const item = document.createElement("li");
  item.innerHTML = '<div class="slab slab--edited"><span class="slab__sub" data-hours-said></span></div>';
  column.querySelector(".agenda__items").append(item);
  return item;
}

document.addEventListener("pointerdown", (event) => {
  const column = event.button === 0 && event.pointerType !== "touch" && event.target.closest("[data-draw] .agenda__day");
  if (!column) return;
  const band = event.target.closest("a[data-span]");
  if (!band) {
    if (event.target.closest("a")) return;
    const from = minuteAt(column, event.clientY);
    drawing = { column, from, to: from, anchor: from, address: `${column.closest("[data-draw]").dataset.draw}&jour=${column.dataset.day}` };
  } else {
    const [from, to] = band.dataset.span.split(" ").map(Number);
    const box = band.getBoundingClientRect();
    const edge = event.clientY - box.top < EDGE ? "from" : box.bottom - event.clientY < EDGE ? "to" : null;
    if (!edge || Number.isNaN(to)) return;
    drawing = { column, from, to, anchor: edge === "from" ? to : from, address: band.href, band };
  }
  event.preventDefault();
});

document.addEventListener("pointermove", (event) => {
  if (!drawing) return;
  const at = minuteAt(drawing.column, event.clientY);
  if (!drawing.item && at === drawing.anchor) return;
  [drawing.from, drawing.to] = [Math.min(at, drawing.anchor), Math.max(at, drawing.anchor)];
  drawing.item ||= ghost(drawing.column);
  if (drawing.to - drawing.from >= SNAP) place(drawing.item, drawing.from, drawing.to);
});

function giveUp() {
  if (drawing && drawing.item) drawing.item.remove();
  drawing = null;
}

document.addEventListener("pointerup", () => {
  if (!drawing) return;
  const { item, from, to, address } = drawing;
  if (item && to - from >= SNAP) {
    // The click that follows would open the band as it is.
    document.addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { once: true, capture: true });
    window.location.assign(`${address}&de=${typed(from)}&a=${typed(to)}`);
    drawing = null;
  } else {
    giveUp();
  }
});
document.addEventListener("pointercancel", giveUp);
document.addEventListener("dragstart", (event) => { if (event.target.closest && event.target.closest("[data-span]")) event.preventDefault(); });

// ---- The form beside ----
function fit(panel) {
  const scope = panel.querySelector("[name=porte]:checked");
  if (scope) {
    panel.querySelectorAll("[data-scopes]").forEach((part) => {
      part.querySelectorAll("input, select").forEach((one) => {
        // What lies in several parts is reached only where all of them are.
        one.disabled = [...ancestors(one)].some((each) => !each.dataset.scopes.split(" ").includes(scope.value));
      });
    });
  }
  panel.querySelectorAll("[data-was]").forEach(compare);
}

function* ancestors(element) {
  for (let part = element.closest("[data-scopes]"); part; part = part.parentElement.closest("[data-scopes]")) yield part;
}

// What was typed otherwise has an edge, and what it was is said under it.
function compare(field) {
  const changed = field.value !== field.dataset.was && !field.disabled;
  field.classList.toggle("is-changed", changed);
  let before = field.parentElement.querySelector("[data-before]");
  if (changed && !before) {
    before = document.createElement("p");
    before.className = "field__hint";
    before.dataset.before = "";
    field.after(before);
  }
  if (before) before.textContent = changed ? `Avant\u00a0: ${field.dataset.said}` : "";
}

// ---- How long an absence lasts: what is not asked is out of sight, and not sent ----
function lasts(group) {
  const parts = [...document.querySelectorAll("[data-part]")];
  const filled = (name) => parts.some((one) => one.dataset.part === name && one.querySelector("input").value);
  const chosen = group.querySelector(":checked") || [...group.querySelectorAll("input")].reverse()
    .find((one) => filled(one.value.split(" ").at(-1))) || group.querySelector("[value=jours]");
  chosen.checked = true;
  group.hidden = false;
  parts.forEach((one) => {
    one.hidden = !chosen.value.split(" ").includes(one.dataset.part);
    one.querySelector("input").disabled = one.hidden;
  });
}

const panel = () => document.querySelector(".split__panel");
function refit() {
  document.querySelectorAll("[data-with-script]").forEach((one) => { one.hidden = false; });
  if (panel()) fit(panel());
  document.querySelectorAll("[data-lasts]").forEach(lasts);
}
document.addEventListener("input", (event) => { if (event.target.closest(".split__panel, [data-lasts]")) refit(); });
document.addEventListener("DOMContentLoaded", refit);

// What is chosen in the list of visits is no reason to draw the list anew.
document.addEventListener("input", (event) => { if (event.target.closest("[data-effect]")) event.stopPropagation(); }, true);

// ---- Opened and closed without leaving the page ----
let opener = "";
document.addEventListener("click", (event) => {
  const link = event.target.closest("#horaires a[hx-boost]");
  if (link && !("leave" in link.dataset)) opener = link.getAttribute("href");
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (drawing) giveUp();
  const leave = panel() && panel().contains(event.target) && !document.querySelector("dialog[open]") && panel().querySelector("[data-leave]");
  if (leave) leave.click();
});
document.addEventListener("htmx:afterSettle", () => {
  refit();
  if (opener && !panel()) {
    const link = document.querySelector(`#horaires a[href="${CSS.escape(opener)}"]`);
    if (link) link.focus();
    opener = "";
  }
});
