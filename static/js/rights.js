// A right that is taken back ends in open pages too: what one may no longer see does not stay on the screen.
"use strict";

const RIGHTS_EVERY = 30000;
const { rightsAt } = document.body.dataset;
let { rights } = document.body.dataset;

async function lookAgain() {
  if (!rightsAt || document.hidden) return;
  try {
    const answer = await fetch(rightsAt);
    const now = await answer.text();
    if (!answer.ok || answer.redirected || now === rights) return;
    // Other rights may have changed than those of this page, and what is typed in it is not to be lost for that.
    const page = await fetch(location.href, { method: "HEAD" });
    if (page.status === 404) location.reload();
    else rights = now;
  } catch {
    // No network: asked again.
  }
}

setInterval(lookAgain, RIGHTS_EVERY);
document.addEventListener("visibilitychange", lookAgain);
