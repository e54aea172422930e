"use strict";

// Console sessions. Pages work without this file. It adds: a notice when the session has ended, the countdown of a
// wait, a button that shows a password, and a sign of life while somebody types or presses.
(() => {
  const SIGNS = ["keydown", "pointerdown", "input"];
  const typed = () =>
    [...document.querySelectorAll("textarea, input[type=text], input[type=search]")].some(
      (field) => !field.readOnly && !field.hidden && field.value !== field.defaultValue,
    );

  // A polling page gets 401 with a redirect to sign-in. Do not follow it while there is typed text: a form sent later
  // comes back after sign-in.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status !== 401 || !typed()) return;
    event.preventDefault();
    tellEnded();
  });

  const tellEnded = () => document.querySelectorAll("[data-ended]").forEach((notice) => (notice.hidden = false));

  // A page on which somebody types or presses keeps its session; what a page does by itself does not.
  function keepAlive() {
    const every = Number(document.querySelector("[data-alive]")?.dataset.alive) * 1000;
    const csrf = document.querySelector("[name=csrf]")?.value;
    if (!every || !csrf) return;
    let due = null;

    async function tell() {
      due = null;
      try {
        const sent = { method: "POST", headers: { "X-Kiosk-Csrf": csrf }, redirect: "manual" };
        const answer = await fetch("/sessions/alive", sent);
        if (!answer.ok && answer.status < 500) {
          stop();
          tellEnded();
        }
      } catch {
        // no network: the next key or press tries again
      }
    }

    // At the end of each pause, so that the last key counts too.
    const hear = (event) => {
      if (event.isTrusted) due ??= setTimeout(tell, every);
    };
    const stop = () => SIGNS.forEach((sign) => removeEventListener(sign, hear, true));
    SIGNS.forEach((sign) => addEventListener(sign, hear, true));
  }

  function countDown() {
    const shown = document.querySelector("[data-wait]");
    if (!shown) return;
    const timer = setInterval(() => {
      const left = Number(shown.textContent) - 1;
      shown.textContent = String(Math.max(left, 0));
      if (left <= 0) clearInterval(timer);
    }, 1000);
  }

  for (const button of document.querySelectorAll("[data-reveal]")) {
    const field = document.getElementById(button.dataset.reveal);
    button.hidden = false;
    button.addEventListener("click", () => {
      const show = field.type === "password";
      field.type = show ? "text" : "password";
      button.firstElementChild.textContent = show ? "Masquer" : "Afficher";
    });
    field.form.addEventListener("submit", () => (field.type = "password"));
  }

  countDown();
  keepAlive();
})();
