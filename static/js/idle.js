"use strict";

// Idle timeout: a receipt leaves after 30 seconds, a form asks first, the home page goes back to French.
(() => {
  const RECEIPT_SECONDS = 30;
  const WARNING_SECONDS = 30;
  const REACHING = 500; // milliseconds in which the new dialog ignores a tap meant for the page
  const SIGNS = ["pointerdown", "pointermove", "keydown", "input", "compositionupdate", "wheel", "scroll", "focusin"];
  let screen = null;
  let lastSign = now();
  let asked = null;

  // Date.now() counts while the computer sleeps; performance.now() survives a clock that is set. The longer time counts,
  // but only the steady one wipes a form: a clock set forward looks like a sleep, so both are asked about.
  function now() {
    return { wall: Date.now(), steady: performance.now() };
  }

  function steadySecondsSince({ steady }) {
    return (performance.now() - steady) / 1000;
  }

  function secondsSince({ wall, steady }) {
    return Math.max((Date.now() - wall) / 1000, steadySecondsSince({ steady }));
  }

  const dialog = () => document.querySelector("[data-idle]");
  const leave = () => document.dispatchEvent(new Event("kiosk:leave"));
  // Only a receipt. A follow-up page may hold a reply to read or text half typed, so it asks first.
  const leavesByItself = () => Boolean(screen?.querySelector("[data-leaving]"));

  function ask() {
    asked = now();
    dialog().showModal();
    dialog().animate({ pointerEvents: ["none", "none"] }, REACHING);
    countDown();
  }

  function countDown() {
    const left = Math.ceil(WARNING_SECONDS - steadySecondsSince(asked));
    if (left <= 0) return leave();
    dialog().querySelector("[data-idle-left]").textContent = left.toLocaleString(document.documentElement.lang);
  }

  function stay() {
    asked = null;
    lastSign = now();
  }

  function watchReceipt() {
    const left = Math.ceil(RECEIPT_SECONDS - secondsSince(lastSign));
    if (left <= 0) return leave();
    const line = screen.querySelector("[data-leaving]");
    line.setAttribute("aria-live", left % 10 ? "off" : "polite"); // announced every 10 seconds
    line.querySelector("[data-seconds]").textContent = left.toLocaleString(document.documentElement.lang);
    line.hidden = false;
  }

  function watchTiles(patience) {
    const { lang, dataset } = document.documentElement;
    const isFresh = lang.startsWith("fr") && !dataset.display;
    if (!isFresh && secondsSince(lastSign) >= patience) leave();
  }

  function watchForm(patience) {
    if (steadySecondsSince(lastSign) >= patience + WARNING_SECONDS) leave(); // the page stood still past the question
    else if (secondsSince(lastSign) >= patience) ask();
  }

  function watch() {
    if (!dialog()) return;
    const shown = document.getElementById("screen");
    if (shown !== screen) {
      screen = shown;
      dialog().close();
      stay();
    }
    if (asked && !dialog().open) stay(); // closed by the button or Escape
    const patience = Number(dialog().dataset.idle);
    if (dialog().open) countDown();
    else if (leavesByItself()) watchReceipt();
    else if (shown?.classList.contains("home")) watchTiles(patience);
    else watchForm(patience);
  }

  // After sleep, input may come before the next timer tick: check first, so that it does not keep an expired visit.
  function noteSign() {
    if (!dialog() || dialog().open) return;
    watch();
    if (dialog() && !dialog().open) lastSign = now();
    if (leavesByItself() && dialog()) watchReceipt();
  }

  for (const sign of SIGNS) document.addEventListener(sign, noteSign, { capture: true, passive: true });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-idle-stay]")) dialog().close();
    if (event.target.closest("[data-idle-leave]")) leave();
  });
  document.addEventListener("close", watch, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || !dialog()?.open) return;
    event.preventDefault();
    const other = document.activeElement?.matches("[data-idle-stay]") ? "[data-idle-leave]" : "[data-idle-stay]";
    dialog().querySelector(other).focus();
  });
  document.addEventListener("visibilitychange", watch);
  document.addEventListener("htmx:afterSwap", watch);
  setInterval(watch, 1000);
  watch();
})();
