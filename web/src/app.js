// Additions only: every page works without this file.
import htmx from "htmx.org";
import "./board.js";

// The content security policy forbids eval and inline styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;

// A select or checkbox marked data-submit sends its form at once; without scripts its button does.
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-submit]")?.form;
  if (form) form.requestSubmit();
});

// A slider says in words where it stands; without scripts the page says it after its button.
document.addEventListener("input", (event) => {
  const output = event.target.dataset?.output && document.getElementById(event.target.dataset.output);
  const option = [...(event.target.list?.options ?? [])].find((o) => o.value === event.target.value);
  if (output && option) output.textContent = option.label;
});

// "/" goes to the search box, "?" to the list of keys. Keys are left alone while an input method composes.
const goto = { d: "/desk", l: "/leads", p: "/projects", f: "/figures", o: "/", c: "/chains", t: "/targets", i: "/imports", s: "/settings" };
let afterG = false;
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (afterG && goto[event.key]) {
    afterG = false;
    location.href = goto[event.key];
    return;
  }
  afterG = event.key === "g";
  if (event.key === "/") {
    const box = document.querySelector("input[type=search]");
    if (box) {
      event.preventDefault();
      box.focus();
    }
  }
});
