"use strict";

// Live updates of the console. Pages work without this file, by reloading. It adds a sound, the count in the title, a
// stable scroll position, and a notice when updates stop.
(() => {
  const OURS = "X-Kiosk-Fragment";
  const SILENT = 20_000; // milliseconds without an answer until the notice
  const live = () => document.querySelector("[data-live]");
  let heard = Date.now();

  // ---- sound for new reports: browsers block it until the first tap or key press, and the button says so
  const sound = (() => {
    const button = document.querySelector("[data-sound]");
    const audio = button && new AudioContext();
    const on = () => localStorage.getItem("kiosk-sound") !== "off";
    const awake = () => audio.state === "running";

    function tone(hertz, start, seconds) {
      const oscillator = new OscillatorNode(audio, { frequency: hertz, type: "triangle" });
      const volume = new GainNode(audio, { gain: 0 });
      volume.gain.setTargetAtTime(0.25, start, 0.01);
      volume.gain.setTargetAtTime(0, start + seconds, 0.06);
      oscillator.connect(volume).connect(audio.destination);
      oscillator.start(start);
      oscillator.stop(start + seconds + 0.5);
    }

    function ring(critical) {
      if (!audio || !on() || !awake()) return;
      const tones = critical ? [880, 660, 880, 660, 880, 660] : [660, 880];
      tones.forEach((hertz, place) => tone(hertz, audio.currentTime + place * 0.22, 0.16));
      document.documentElement.dataset.rang = critical ? "critical" : "new";
    }

    function show() {
      const asleep = on() && !awake();
      button.querySelector("span").textContent = asleep ? button.dataset.asleep : button.dataset.sound;
      button.toggleAttribute("data-sleeps", asleep);
      button.setAttribute("aria-pressed", String(on() && !asleep));
    }

    // A press while the sound is blocked unblocks it; it does not switch it off.
    function press() {
      const wanted = button.hasAttribute("data-sleeps") || !on();
      localStorage.setItem("kiosk-sound", wanted ? "on" : "off");
      if (wanted) audio.resume().then(() => ring(false));
      show();
    }

    if (button) {
      button.hidden = false;
      show();
      audio.addEventListener("statechange", show);
      button.addEventListener("click", press);
      const wake = (event) => button.contains(event.target) || awake() || audio.resume();
      for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake);
    }
    return { ring };
  })();

  // ---- scroll position: the first visible row stays in place when rows appear above it
  let eye = null;

  function rememberEye(part) {
    const line = [...part.querySelectorAll("[data-report]")].find((one) => one.getBoundingClientRect().bottom > 0);
    eye = line && scrollY > 0 ? { report: line.dataset.report, top: line.getBoundingClientRect().top } : null;
  }

  function restoreEye(part) {
    const line = eye && part.querySelector(`[data-report="${eye.report}"]`);
    if (line) scrollBy({ top: line.getBoundingClientRect().top - eye.top, behavior: "instant" });
  }

  // ---- open <details> stay open
  const opened = (part) => [...part.querySelectorAll("details[id]")].filter((one) => one.open).map((one) => one.id);

  function renewed(before, part) {
    if (part.dataset.title) document.title = part.dataset.title;
    if (part.dataset.state) document.getElementById("screen").dataset.state = part.dataset.state;
    const came = (name) => Number(part.dataset[name]) > Number(before[name]);
    if (came("newestCritical")) sound.ring(true);
    else if (came("newest")) sound.ring(false);
  }

  // ---- notice when updates stop
  function hear() {
    heard = Date.now();
    const notice = document.querySelector("[data-stale]");
    if (notice) notice.hidden = true;
  }

  function listen() {
    const notice = document.querySelector("[data-stale]");
    if (!notice || !notice.hidden || document.querySelector("[data-ended]:not([hidden])") || Date.now() - heard < SILENT) return;
    notice.querySelector("[data-since]").textContent = new Date(heard).toLocaleTimeString("fr", {
      hour: "2-digit",
      minute: "2-digit",
    });
    notice.hidden = false;
  }

  if (live()) setInterval(listen, 2000);
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const answer = detail.xhr;
    if (answer.status < 400 && (answer.status === 204 || answer.getResponseHeader(OURS))) hear();
  });

  let before = {};
  let wasOpen = [];
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.shouldSwap) return;
    // A captive portal may answer with its own page, and an error page must not replace part of this one.
    if (!detail.xhr.getResponseHeader(OURS) || detail.xhr.status >= 400) {
      detail.shouldSwap = false;
      return;
    }
    if (!detail.target.matches("[data-live]")) return;
    before = { ...detail.target.dataset };
    wasOpen = opened(detail.target);
    rememberEye(detail.target);
  });
  document.addEventListener("htmx:afterSwap", () => {
    const part = live();
    if (!part) return;
    for (const id of wasOpen) document.getElementById(id)?.setAttribute("open", "");
    restoreEye(part);
    renewed(before, part);
  });

  // ---- double submission: stopped here, and harmless on the server
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    else if (event.target.matches("[data-once]")) event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
})();
