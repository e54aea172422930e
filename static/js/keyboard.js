"use strict";

// On-screen keyboard. It opens for a text field and never covers it. Focus and caret stay in the field, and a hardware
// keyboard still works. The page works without this file.
(() => {
  const TYPED = "textarea, input:is([type=text], [type=tel], [type=search], [type=password], [type=url])";
  const PICKED = "input:is([type=date], [type=time])";
  const ROOMY = matchMedia("(width >= 40rem)"); // telephones have their own
  const SIGNS = { bksp: "backspace", shift: "shift", enter: "enter", language: "language", close: "keyboard-hide" };
  const CLICK = 400; // milliseconds from the end of a touch to its click, at most
  const PAD = "telephone";
  const FALLBACK = "qwerty";
  const root = document.documentElement;
  let layouts = null; // by code
  let engine = null;
  let field = null; // being typed in
  let code = "";
  let level = "default"; // or "shift" for one letter, or "lock"
  let pointer = ""; // type of the last press
  let isPressing = false;

  const panel = () => document.getElementById("keyboard");
  const when = () => (ROOMY.matches && panel()?.dataset.when) || "never";
  const isWanted = () => when() === "always" || (when() === "touch" && ["touch", "pen"].includes(pointer));

  function typedIn(target) {
    const found = target.closest?.("label")?.control ?? target;
    return found.matches?.(TYPED) && !found.readOnly && !found.disabled ? found : null;
  }

  // Opening and closing

  function load(kind, attributes) {
    const element = Object.assign(document.createElement(kind), attributes);
    const loaded = new Promise((resolve, reject) => Object.assign(element, { onload: resolve, onerror: reject }));
    document.head.append(element);
    return loaded;
  }

  async function loadAll({ engine: src, look: href, layouts: list }) {
    const parts = [fetch(list), load("link", { rel: "stylesheet", href }), load("script", { src })];
    const [answer] = await Promise.all(parts);
    return answer.json();
  }

  async function open(wanted) {
    wanted.focus({ preventScroll: true });
    if (field === wanted) return reveal();
    try {
      layouts ??= await loadAll(panel().dataset);
    } catch {
      wanted.inputMode = ""; // fall back to the device's own keyboard
      return;
    }
    if (document.activeElement !== wanted) return;
    field = wanted;
    (field.closest("dialog") ?? document.body).append(panel());
    panel().hidden = false;
    choose(firstFor(field));
    reveal();
  }

  function close() {
    field = null;
    engine?.destroy();
    engine = null;
    delete root.dataset.typing;
    if (!panel()) return;
    panel().hidden = true;
    document.body.append(panel());
  }

  function reveal() {
    root.style.setProperty("--keyboard", `${panel().offsetHeight}px`);
    root.dataset.typing = "";
    for (const shown of [field.closest(".field"), field]) shown?.scrollIntoView({ block: "nearest" });
  }

  // Layouts

  const ours = () => Object.keys(layouts).filter((name) => name !== PAD);

  function firstFor(wanted) {
    if (wanted.type === "tel") return PAD;
    const language = root.lang.split("-")[0];
    const spoken = ours().find((name) => layouts[name].languages.includes(language)) ?? FALLBACK;
    return wanted.dir === "ltr" && layouts[spoken].direction === "rtl" ? FALLBACK : spoken;
  }

  function lastRow() {
    const others = code === PAD || ours().length === 1 ? "" : "{language} ";
    return `${others}{space} {close}`;
  }

  function choose(name) {
    code = name;
    level = "default";
    const { layout, direction } = layouts[code];
    panel().dir = direction;
    panel().dataset.layout = code;
    engine?.destroy();
    engine = new window.SimpleKeyboard.default(panel().querySelector(".keys"), {
      layout: Object.fromEntries(Object.entries(layout).map(([at, rows]) => [at, [...rows.map(lettered), lastRow()]])),
      layoutName: shownLevel(),
      useButtonTag: true,
      preventMouseDownDefault: true,
      disableCaretPositioning: true,
      onRender: dress,
      onKeyPress: press,
      onChange: () => engine.clearInput(), // only the field keeps the text
    });
  }

  // A code is typed in capitals; digit keys stay in place.
  function lettered(row) {
    return field.autocapitalize === "characters" ? row.replace(/(?<=^| )\p{Ll}(?= |$)/gu, (key) => key.toUpperCase()) : row;
  }

  const shownLevel = () => (level !== "default" && "shift" in layouts[code].layout ? "shift" : "default");

  function dress() {
    for (const key of panel().querySelectorAll(".hg-button")) {
      const name = key.dataset.skbtn;
      const act = /^\{(\w+)\}$/.exec(name)?.[1];
      key.tabIndex = -1; // not in the tab order of a hardware keyboard
      if (act) dressActing(key, act === "enter" && !field.matches("textarea") ? "close" : act);
      else key.textContent = /^\p{M}$/u.test(name) ? `\u25cc${name}` : name;
    }
  }

  function dressActing(key, act) {
    const name = panel().dataset[act];
    key.setAttribute("aria-label", act === "language" ? `${name} ${layouts[code].name}` : name);
    if (act === "shift") key.setAttribute("aria-pressed", String(level !== "default"));
    key.replaceChildren(...(act in SIGNS ? [sign(SIGNS[act])] : []));
    if (act === "language") key.append(layouts[code].name);
  }

  function sign(name) {
    const picture = document.getElementById("keyboard-sign").content.firstElementChild.cloneNode(true);
    picture.firstElementChild.setAttribute("href", `${panel().dataset.pictograms}#${name}`);
    return picture;
  }

  // Typing: by the browser's editing commands, so that caret, undo, length limits and input events work

  function press(key) {
    if (key === "{close}" || (key === "{enter}" && !field.matches("textarea"))) return close();
    if (key === "{language}") return choose(ours()[(ours().indexOf(code) + 1) % ours().length]);
    if (key === "{shift}") return shift();
    field.focus({ preventScroll: true });
    if (key === "{bksp}") document.execCommand("delete");
    else document.execCommand("insertText", false, { "{space}": " ", "{enter}": "\n" }[key] ?? key);
    if (level === "shift") turn("default");
  }

  const shift = () => turn({ default: "shift", shift: "lock", lock: "default" }[level]);

  function turn(wanted) {
    level = wanted;
    engine.setOptions({ layoutName: shownLevel() });
  }

  // Events

  document.addEventListener("pointerdown", (event) => {
    pointer = event.pointerType;
    isPressing = true;
    const wanted = typedIn(event.target);
    if (wanted && isWanted()) wanted.inputMode = "none"; // the device must not open its own
  }, true);

  // On touch, focus and click come only after pointerup.
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => setTimeout(() => (isPressing = false), CLICK), true);
  }

  // Open on click, when the touch is over: nothing may move while the finger is down.
  document.addEventListener("click", (event) => {
    const key = event.target.closest?.("#keyboard .hg-button");
    if (key && event.detail === 0) engine.handleButtonClicked(key.dataset.skbtn, event); // a screen reader's click
    if (panel()?.contains(event.target)) return;
    const wanted = typedIn(event.target);
    if (wanted && isWanted()) open(wanted);
    else if (field && wanted !== field) close();
    if (isWanted() && event.target.matches?.(PICKED)) pick(event.target);
  }, true);

  function pick(wanted) {
    try {
      wanted.showPicker();
    } catch {
      // no picker in this browser: the value can be typed
    }
  }

  document.addEventListener("focusin", ({ target }) => {
    const wanted = typedIn(target);
    if (wanted && when() === "always") open(wanted);
    else if (field && !isPressing && target !== field && !panel().contains(target)) close();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !field) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    close();
  }, true);

  document.addEventListener("htmx:afterSwap", () => field && !field.isConnected && close());
  addEventListener("resize", () => field && reveal());
})();
