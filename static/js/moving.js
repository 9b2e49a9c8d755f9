// A visit is moved where it stands: dragged to another hour, day or column, its lower edge drawn longer or shorter; or with M, the
// arrows and Enter. Where something is in the way, that is told first. Without script the form of its page does the same.
"use strict";

const DRAG_BEGINS = 5; // pixels
const EDGE = 6;
const LONGEST_VISIT = 240;
const movable = (target) => {
  const block = target.closest && target.closest(".agenda__day[data-practitioner] a.appt[data-minutes]");
  return block && !block.matches(".appt--done, .appt--noshow, .appt--cancelled") ? block : null;
};
const clockWritten = (minute) => `${Math.floor(minute / 60)}\u202fh\u202f${String(minute % 60).padStart(2, "0")}`;
const stepOfGrid = () => STEPS[Object.keys(STEPS).find((name) => grid.classList.contains(name))] || 15;
const minuteBy = (css, hours, minutes) => {
  const found = (unit) => Number((new RegExp(`(?:^|\\s)${unit}`).exec(css) || [0, 0])[1]);
  return found(hours) * 60 + found(minutes);
};
const shownColumns = () => [...grid.querySelectorAll(".agenda__day[data-practitioner]")].filter((one) => one.offsetParent !== null);

// What is being moved: where it came from, where it would go, and how long it would be.
let held = null;

function hold(block) {
  const column = block.closest(".agenda__day");
  const start = minuteBy(block.closest("li").className, "at-(\\d+)h", "at-(\\d+)m");
  const minutes = Number(block.dataset.minutes);
  const ghost = document.createElement("li");
  ghost.append(Object.assign(document.createElement("div"), { className: "appt appt--ghost" }));
  block.classList.add("appt--dragged");
  const who = block.querySelector(".appt__who").textContent;
  held = { block, who, path: block.pathname, version: Number(block.dataset.version), from: { column, start, minutes }, column, start, minutes, ghost };
  show();
}

function show() {
  const { ghost, column, start, minutes } = held;
  const fold = (grid.dataset.fold || "").split("-").map(Number);
  const long = Math.max(minutes, stepOfGrid() === 15 ? 15 : stepOfGrid());
  const css = [`at-${Math.floor(start / 60)}h`, `at-${start % 60}m`, `for-${Math.floor(long / 60)}h`, `for-${long % 60}m`];
  ghost.className = css.filter((one) => !/-0m$|^for-0h$/.test(one)).concat(fold[1] && start >= fold[1] * 60 ? ["is-below"] : [], ["is-ghost"]).join(" ");
  ghost.firstChild.textContent = `${clockWritten(start)}\u00a0– ${clockWritten(start + minutes)} ${held.who}`;
  column.querySelector(".agenda__items").append(ghost);
}

// Day or name of the column where it is, as its head says.
const columnWritten = (column) => column.dataset.title;

function announce() {
  const where = held.column === held.from.column ? "" : `${columnWritten(held.column)}, `;
  const long = held.minutes === held.from.minutes ? "" : `, ${held.minutes} minutes`;
  document.getElementById("annonces").textContent = `${where}${clockWritten(held.start)}${long}`;
}

function letGo() {
  if (!held) return;
  held.block.classList.remove("appt--dragged");
  held.ghost.remove();
  grid.classList.remove("is-dragging");
  held = null;
}

const isElsewhere = () => held.column !== held.from.column || held.start !== held.from.start || held.minutes !== held.from.minutes;

function fieldsOf() {
  const { column, start, minutes, from, version } = held;
  const fields = { version };
  if (column !== from.column || start !== from.start) {
    Object.assign(fields, { day: column.dataset.day, hour: `${Math.floor(start / 60)}:${String(start % 60).padStart(2, "0")}`, clock: grid.dataset.zone, practitioner: column.dataset.practitioner });
  }
  if (minutes !== from.minutes) fields.minutes = minutes;
  return fields;
}

// ---- Sending ----
async function drop() {
  const { path, version, ghost } = held;
  held.block.setAttribute("aria-busy", "true");
  await changeVisit(`${path}deplacer/`, fieldsOf(), () => undoChange(path, version + 1), () => ghost.firstChild.classList.add("appt--refused"));
}

const undoChange = (path, version) => changeVisit(`${path}defaire/`, { version });

async function changeVisit(address, fields, undo = null, refused = null) {
  const path = address.replace(/[a-z]+\/$/, "");
  const place = placeOf(visitBlock(path));
  try {
    const done = await sendAct(address, fields);
    if (done.state === "asked") {
      if (refused) refused();
      if (await goesOn(done)) return await changeVisit(address, { ...fields, despite: done.going_on }, undo);
      say("Rien n’a été changé.");
    } else say(done.said, done.state === "done" ? undo : null, done.untell);
    // Somebody was faster: what stands there now is what one goes on from.
    if (done.state === "refused") await redrawGrid();
  } catch {
    say(NO_ANSWER);
  }
  if (held) held.block.removeAttribute("aria-busy");
  letGo();
  const block = visitBlock(path) || (place && standingAt(place));
  if (block) block.focus({ preventScroll: true });
}

// Of what is cancelled the hands stay where it was, on what stands there now.
function placeOf(block) {
  const { practitioner, day } = block ? block.closest(".agenda__day").dataset : {};
  return block && { column: `.agenda__day[data-practitioner="${practitioner}"][data-day="${day}"] a`, top: block.getBoundingClientRect().top };
}

function standingAt({ column, top }) {
  const links = [...document.querySelectorAll(column)];
  return links.length ? nearest(links, top) : null;
}

// What stands in the way, by name: whether it is moved beside it all the same.
function goesOn({ lines, words }) {
  return new Promise((answered) => {
    const made = (name, fields, ...children) => { const one = Object.assign(document.createElement(name), fields); one.append(...children); return one; };
    const dialog = made("dialog", { className: "dialog stack" });
    dialog.setAttribute("aria-labelledby", "en-plus-titre");
    const leave = made("button", { type: "button", className: "btn", textContent: "Le laisser où il était", autofocus: true });
    const go = made("button", { type: "button", className: "btn btn--warn", textContent: words });
    leave.addEventListener("click", () => dialog.close());
    go.addEventListener("click", () => dialog.close("go"));
    dialog.addEventListener("close", () => { answered(dialog.returnValue === "go"); dialog.remove(); });
    const sentences = made("ul", {}, ...lines.map((line) => made("li", { textContent: line })));
    dialog.append(made("h2", { id: "en-plus-titre", textContent: "Ce moment n’est pas libre" }), sentences, made("div", { className: "dialog__actions" }, leave, go));
    document.querySelector("main").append(dialog);
    dialog.showModal();
  });
}

// ---- With the mouse ----
let pressed = null;

document.addEventListener("pointerdown", (event) => {
  const block = grid && movable(event.target);
  if (!block || event.button !== 0 || event.pointerType === "touch" || event.ctrlKey || event.metaKey || held) return;
  const box = block.getBoundingClientRect();
  pressed = { block, x: event.clientX, y: event.clientY, into: event.clientY - box.top, end: box.height > 3 * EDGE && event.clientY > box.bottom - EDGE };
});

document.addEventListener("pointermove", (event) => {
  if (!pressed || pressed.over) return;
  if (!held) {
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < DRAG_BEGINS) return;
    hold(pressed.block);
    grid.classList.add("is-dragging");
  }
  const near = 48;
  if (event.clientY < near) scrollBy(0, -near / 2);
  else if (event.clientY > innerHeight - near) scrollBy(0, near / 2);
  const half = halfStep();
  if (pressed.end) {
    const end = minuteOf(held.column, event.clientY + half);
    if (end !== null) held.minutes = Math.min(LONGEST_VISIT, Math.max(stepOfGrid(), end - held.start));
  } else {
    held.column = shownColumns().find((one) => { const box = one.getBoundingClientRect(); return event.clientX >= box.left && event.clientX < box.right; }) || held.column;
    const start = minuteOf(held.column, event.clientY - pressed.into + half);
    if (start !== null) held.start = start;
  }
  show();
});

// So that what is nearest counts, not what is above.
function halfStep() {
  const [first, second] = grid.querySelectorAll(".agenda__hours > li:not(.now-tag)");
  return second ? ((second.offsetTop - first.offsetTop) / 60) * (stepOfGrid() / 2) : 0;
}

document.addEventListener("pointerup", () => {
  if (!pressed) return;
  const { over } = pressed;
  pressed = null;
  if (!held && !over) return;
  // The click that ends a drag opens nothing.
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }));
  if (held && isElsewhere()) drop();
  else letGo();
});

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("pointercancel", () => { pressed = null; letGo(); });
// A link would be dragged by the browser, as an address.
document.addEventListener("dragstart", (event) => { if (grid && movable(event.target)) event.preventDefault(); });

// ---- With the keyboard ----
if (grid) {
  tellKeys("Déplacer un rendez-vous", [["m", "Le prendre"], ["↑ ↓", "Plus tôt, plus tard"], ["← →", "La colonne d’à côté"], ["Maj+↑ Maj+↓", "Plus court, plus long"], ["Entrée", "Le poser"], ["Échap", "Renoncer"]]);
}

function take(block) {
  hold(block);
  document.getElementById("annonces").textContent = "Déplacement\u00a0: flèches pour choisir, Entrée pour poser, Échap pour renoncer.";
}

const MOVES = {
  ArrowUp: (step) => { held.start = Math.max(0, held.start - step); },
  ArrowDown: (step) => { held.start = Math.min(24 * 60 - step, held.start + step); },
  ArrowLeft: () => toColumn(-1),
  ArrowRight: () => toColumn(1),
};
const LENGTHENS = {
  ArrowUp: (step) => { held.minutes = Math.max(5, held.minutes - step); },
  ArrowDown: (step) => { held.minutes = Math.min(LONGEST_VISIT, held.minutes + step); },
};

function toColumn(way) {
  const columns = shownColumns();
  held.column = columns[columns.indexOf(held.column) + way] || held.column;
}

document.addEventListener("keydown", (event) => {
  if (!grid || event.ctrlKey || event.metaKey || event.altKey) return;
  if (held && event.key === "Escape") {
    swallow(event);
    if (pressed) pressed.over = true;
    const { block } = held;
    letGo();
    block.focus();
    document.getElementById("annonces").textContent = "Rien n’a été changé.";
    return;
  }
  const block = movable(event.target);
  if (!block || document.querySelector("dialog[open]")) return;
  if (!held && keyOf(event) === "m" && shortcutsOn()) {
    swallow(event);
    take(block);
    return;
  }
  if (!held || pressed) return;
  const move = (event.shiftKey ? LENGTHENS : MOVES)[event.key];
  if (move) {
    swallow(event);
    move(stepOfGrid());
    show();
    held.ghost.scrollIntoView({ block: "nearest" });
    announce();
  } else if (event.key === "Enter") {
    swallow(event);
    if (isElsewhere()) drop();
    else letGo();
  }
}, true);

// Who goes elsewhere has given up.
document.addEventListener("focusout", (event) => { if (held && !pressed && event.target === held.block && !held.block.hasAttribute("aria-busy")) letGo(); });
