"use strict";

// Step-by-step form: each section becomes a screen. Nothing is sent before « Envoyer », and nothing enters the history.
// Without this file it is one plain page. The field `step` keeps the screen across a change of language; "check/when"
// is the screen `when`, opened from the last one.
(() => {
  const root = document.documentElement;
  const LAST = "check";
  const WAY = ["where", "when", "decisive", LAST];
  const DOUBLE_TAP = 300; // milliseconds in which a second tap is ignored
  const TYPED = "input:not([type=radio], [type=checkbox], [type=hidden]), textarea";
  let known = null;
  let byArrow = false;

  root.classList.add("stepwise");

  const form = () => document.querySelector("form[data-report]");
  const screen = () => document.getElementById("screen");
  const place = () => form().elements.step.value || WAY[0];
  const stepOf = (somewhere) => somewhere.split("/").at(-1);
  const at = () => stepOf(place());
  const isOpenedFromLast = () => place() !== at();
  const sections = () => screen().querySelectorAll(`[data-step="${at()}"]`);
  const isAnswered = (field) => (field.matches(TYPED) ? field.value.trim() !== "" : field.checked);

  function show(somewhere, target) {
    form().elements.step.value = somewhere;
    screen().dataset.at = at();
    refresh();
    document.body.animate({ pointerEvents: ["none", "none"] }, DOUBLE_TAP);
    scrollTo(0, 0);
    if (target) reveal(target);
    else screen().querySelector(`[data-step="${at()}"] [data-heading]`).focus({ preventScroll: true });
  }

  function reveal(target) {
    const folded = target.closest("details");
    if (folded) folded.open = true;
    target.focus({ preventScroll: true });
    (target.closest("fieldset, .field") ?? target).scrollIntoView({ block: "center" });
  }

  function refresh() {
    if (at() === LAST) list();
    const answered = [...sections()].some((section) => [...section.querySelectorAll("input, textarea")].some(isAnswered));
    const bar = form().querySelector(".send-bar");
    bar.querySelector("[data-skip]").hidden = at() === LAST || answered;
    bar.querySelector("[data-go-on]").hidden = at() === LAST || !answered;
  }

  const goOn = () => show(isOpenedFromLast() ? LAST : WAY[WAY.indexOf(at()) + 1]);
  const hasBack = () => isOpenedFromLast() || at() !== WAY[0];
  const goBack = () => show(isOpenedFromLast() ? LAST : WAY[WAY.indexOf(at()) - 1]);

  function open(target) {
    const step = target.closest("[data-step]").dataset.step;
    show(`${LAST}/${step}`, target);
  }

  // If the choice shows a text field, wait for the text.
  function answeredByTouch(choice) {
    const question = choice.closest("[data-goes-on]");
    if (!question || byArrow) return;
    const asksMore = [...question.closest("[data-step]").querySelectorAll(TYPED)].some((field) => field.checkVisibility());
    if (asksMore) refresh();
    else goOn();
  }

  // Summary of the answers, in the words of the other screens

  function list() {
    const rows = [...form().querySelectorAll("fieldset, .field")].filter(isTold).map(row);
    form().querySelector("[data-check-list]").replaceChildren(...rows);
  }

  const isTold = (block) => block.matches("[data-goes-on]") || (!block.closest(".another-date") && answersTo(block).length > 0);
  const isOvertaken = (field) => field.closest(".another-date") && !document.getElementById("when-at").checked;

  // Day and hour belong to the question above them.
  function answersTo(block) {
    const whole = block.matches("[data-goes-on]") ? block.closest("[data-step]") : block;
    const answers = [...whole.querySelectorAll("input, textarea")].filter((field) => isAnswered(field) && !isOvertaken(field));
    return answers.filter((field) => field.id !== "when-at" || answers.length === 1);
  }

  function row(block) {
    const made = document.getElementById("check-row").content.cloneNode(true);
    const asked = block.querySelector("legend span, label");
    const answers = answersTo(block);
    made.querySelector("dt").append(...copy(asked));
    made.querySelector("[data-what]").append(asked.firstChild.textContent.trim());
    made.querySelector("[data-unsaid]").hidden = answers.length > 0;
    answers.forEach((field, index) => {
      if (index) made.querySelector("[data-said]").append(" · ");
      made.querySelector("[data-said]").append(...said(field));
    });
    const button = made.querySelector("button");
    button.dataset.edit = block.closest("[data-step]").dataset.step;
    button.dataset.field = (block.querySelector("[data-heading]") ?? (block.id ? block : block.querySelector(TYPED))).id;
    return made;
  }

  const copy = (words) => [...words.cloneNode(true).childNodes];

  function said(field) {
    if (!field.matches(TYPED)) return copy(field.parentElement.querySelector("span"));
    const words = document.createElement("bdi");
    words.classList.toggle("check-text", field.matches("textarea"));
    const day = field.type === "date" ? field.valueAsDate : null;
    words.textContent = day?.toLocaleDateString(root.lang, { dateStyle: "long", timeZone: "UTC" }) ?? field.value.trim();
    return [words];
  }

  function arrive() {
    if (!form() || form() === known) return;
    known = form();
    if (!known.elements.step.value) known.elements.step.value = screen().dataset.at;
    for (const progress of screen().querySelectorAll(".progress")) {
      progress.parentElement.querySelector("[data-heading]").setAttribute("aria-describedby", progress.id);
    }
    refresh();
  }

  document.addEventListener("click", (event) => {
    if (!form()) return;
    const meant = event.target.closest("[data-edit], [data-details], [data-go-on], [data-skip], [data-back], .summary a, [data-goes-on] [type=radio]");
    if (!meant || (meant.matches("[data-back]") && !hasBack())) return;
    if (meant.matches("[type=radio]")) return answeredByTouch(meant);
    event.preventDefault();
    if (meant.matches("[data-edit]")) open(document.getElementById(meant.dataset.field));
    else if (meant.matches("[data-details]")) show(`${LAST}/details`);
    else if (meant.matches("[data-back]")) goBack();
    else if (meant.matches("a")) open(document.getElementById(meant.hash.slice(1)));
    else goOn();
  });

  // Arrow keys only move between answers. Enter confirms the focused one, and never sends by accident.
  document.addEventListener("keydown", (event) => {
    byArrow = event.key.startsWith("Arrow");
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("#report input")) return;
    event.preventDefault();
    if (event.target.matches("[data-goes-on] [type=radio]")) event.target.click();
    else if (at() !== LAST) goOn();
  }, true);
  document.addEventListener("pointerdown", () => (byArrow = false), true);
  for (const change of ["input", "change"]) document.addEventListener(change, () => form() && refresh());

  document.addEventListener("htmx:afterSwap", arrive);
  document.addEventListener("DOMContentLoaded", arrive);
})();
