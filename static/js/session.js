"use strict";

// Console sessions. Pages work without this file. It adds: a notice when the session has ended, the countdown of a
// wait, and a button that shows a password.
(() => {
  const typed = () =>
    [...document.querySelectorAll("textarea, input[type=text], input[type=search]")].some(
      (field) => !field.readOnly && !field.hidden && field.value !== field.defaultValue,
    );

  // A polling page gets 401 with a redirect to sign-in. Do not follow it while there is typed text: a form sent later
  // comes back after sign-in.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status !== 401 || !typed()) return;
    event.preventDefault();
    for (const notice of document.querySelectorAll("[data-ended]")) notice.hidden = false;
  });

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
})();
