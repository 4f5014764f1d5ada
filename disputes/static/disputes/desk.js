/* Keys of the desk, and what a page does after htmx put a part of it anew. Without scripts every form and link works as it is. */
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const lines = () => [...document.querySelectorAll("[data-line]")];
  const opener = (line) => line && line.querySelector("a.fd-open");
  const present = () => lines().findIndex((line) => line.contains(document.activeElement));

  /* Puts the focus on the line so many lines further on. */
  const move = (by) => {
    const all = lines();
    if (!all.length) return;
    const here = present();
    const next = here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + by, 0), all.length - 1);
    opener(all[next]).focus();
    all[next].scrollIntoView({ block: "nearest" });
  };

  const follow = (place) => {
    const links = document.querySelectorAll(".fd-top nav a");
    if (links[place]) links[place].click();
  };

  const search = () => {
    if (byId("fd-q")) byId("fd-q").focus();
    else follow(1);
  };

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    o: () => { const link = opener(lines()[present()]); if (link) link.click(); },
    x: () => { const line = lines()[present()]; const box = line && line.querySelector("input[type=checkbox]"); if (box) box.click(); },
    n: () => { if (byId("fd-next")) byId("fd-next").requestSubmit(); },
    "/": search,
    t: () => follow(0),
    q: () => follow(1),
    m: () => follow(2),
    "?": () => byId("fd-help").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const writes = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (writes || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !byId("fd-help") || byId("fd-help").open) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const button = byId("fd-keys");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", keys["?"]);
  }

  /* A session that ended answers with the page to sign in on: that page as a whole, not as a part of this one. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL || location.href).pathname === "/login/") {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
})();
