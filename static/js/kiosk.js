"use strict";

// Public pages. They work without this file. It adds: erasing everything for the next person, a character counter, a
// notice when sending fails, and the end of a visit (idle.js says when).
(() => {
  const OURS = "X-Kiosk-Fragment";
  const home = "/fr/"; // the next person chooses a language again
  const DOUBLE_TAP = 300; // milliseconds
  const PATIENCE = 2000; // milliseconds until the page says that the answer is slow
  let screen = null;
  let waiting = 0;

  function forget() {
    for (const form of document.forms) form.reset();
    document.body.replaceChildren();
    sessionStorage.clear(); // htmx stores the page's path there
  }

  function count(textarea) {
    const counter = document.querySelector(`[data-counter="${textarea.id}"]`);
    const length = Array.from(textarea.value.trim()).length;
    const over = length > Number(textarea.dataset.limit);
    counter.hidden = length === 0;
    counter.classList.toggle("counter-over", over);
    counter.setAttribute("aria-live", over ? "polite" : "off");
    counter.querySelector("[data-count]").textContent = length.toLocaleString(document.documentElement.lang);
  }

  // A form in another language replaces the whole screen, so its address and language must follow.
  function speak({ address, language, direction }) {
    history.replaceState(null, "", address);
    Object.assign(document.documentElement, { lang: language, dir: direction });
  }

  function arrive(swapped) {
    const shown = document.getElementById("screen");
    if (!shown || shown === screen) return;
    screen = shown;
    // The second tap of a double tap must not hit what has just appeared.
    document.body.animate({ pointerEvents: ["none", "none"] }, DOUBLE_TAP);
    if (swapped && shown.dataset.title) document.title = shown.dataset.title;
    if (swapped && shown.dataset.address) speak(shown.dataset);
    const first = shown.querySelector("[data-focus]") ?? (swapped ? shown : null);
    first?.focus({ preventScroll: swapped });
    shown.querySelectorAll("textarea[data-limit]").forEach(count);
    if (shown.dataset.forget) history.replaceState(null, "", shown.dataset.forget);
  }

  function sendingFailed(event) {
    const notice = event.detail.elt.querySelector?.(":scope [data-send-error]");
    if (!notice) return;
    const reason = event.detail.xhr?.status === 413 ? "too-long" : "failed";
    for (const text of notice.querySelectorAll("[data-reason]")) text.hidden = text.dataset.reason !== reason;
    notice.hidden = false;
    notice.focus();
  }

  addEventListener("pagehide", forget);
  document.addEventListener("kiosk:leave", () => {
    forget();
    location.replace(home);
  });
  addEventListener("pageshow", (event) => event.persisted && location.replace(home));

  document.addEventListener("input", (event) => event.target.matches("textarea[data-limit]") && count(event.target));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-replace]");
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    location.replace(link.href);
  });

  // A captive portal may answer with its own page: it must not replace what was typed.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.shouldSwap || detail.xhr.getResponseHeader(OURS)) return;
    detail.shouldSwap = false;
    detail.isError = true;
  });
  document.addEventListener("htmx:afterSwap", () => arrive(true));
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const notice = detail.elt.querySelector?.(":scope [data-send-error]");
    if (notice) notice.hidden = true;
    const slow = detail.elt.querySelector?.(":scope [data-slow]");
    if (slow) waiting = setTimeout(() => (slow.hidden = false), PATIENCE);
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const slow = detail.elt.querySelector?.(":scope [data-slow]");
    if (!slow) return;
    clearTimeout(waiting);
    slow.hidden = true;
  });
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:swapError"]) {
    document.addEventListener(failure, sendingFailed);
  }

  arrive(false);
})();
