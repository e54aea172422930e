"use strict";

// Display switches: large text and strong contrast without a reload, so that no typed text is lost. Links carry the
// choice (kiosk/web/public/display.py), except those in data-forget, which end the visit.
(() => {
  const root = document.documentElement;
  const ADDRESSED = ["a[href^='/']", "form[action^='/']", "[formaction^='/']"].map((one) => `${one}:not([data-forget] *)`);

  const chosen = () => new Set(root.dataset.display?.split(" "));

  function name() {
    const choice = chosen();
    return choice.size > 1 ? "both" : [...choice].join();
  }

  function withChoice(address) {
    const url = new URL(address, location.href);
    if (name()) url.searchParams.set("display", name());
    else url.searchParams.delete("display");
    return url.pathname + url.search + url.hash;
  }

  function carryOn() {
    for (const element of document.querySelectorAll(ADDRESSED)) {
      for (const attribute of ["href", "action", "formaction"]) {
        if (element.hasAttribute(attribute)) element.setAttribute(attribute, withChoice(element.getAttribute(attribute)));
      }
    }
    history.replaceState(history.state, "", withChoice(location.href));
  }

  function flip(which) {
    const choice = chosen();
    if (!choice.delete(which)) choice.add(which);
    if (choice.size) root.dataset.display = [...choice].join(" ");
    else delete root.dataset.display;
  }

  function show() {
    for (const group of document.querySelectorAll(".display[hidden]")) group.hidden = false;
  }

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-switch]");
    if (!pressed) return;
    event.preventDefault();
    flip(pressed.dataset.switch);
    carryOn();
    pressed.scrollIntoView({ block: "nearest" }); // the new layout may have moved it
  });

  // htmx read the paths of its elements before the choice.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    detail.path = withChoice(detail.path);
  });
  document.addEventListener("htmx:afterSwap", show);
  show();
})();
