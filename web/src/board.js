// Dragging a card of the project board: an addition to the form that every card has, and it sends that same form.
let dragged = null;

for (const card of document.querySelectorAll("[data-card]")) {
  if (!card.querySelector("form")) continue;
  card.draggable = true;
  card.addEventListener("dragstart", (event) => {
    dragged = card;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });
  card.addEventListener("dragend", () => {
    dragged = null;
    for (const lane of document.querySelectorAll(".lane.over")) lane.classList.remove("over");
  });
}

for (const lane of document.querySelectorAll("[data-stage]")) {
  const box = () => [...(dragged?.querySelectorAll("option") ?? [])].find((o) => o.value === lane.dataset.stage);
  lane.addEventListener("dragover", (event) => {
    if (!box()) return;
    event.preventDefault();
    lane.classList.add("over");
  });
  lane.addEventListener("dragleave", () => lane.classList.remove("over"));
  lane.addEventListener("drop", (event) => {
    const option = box();
    if (!option) return;
    event.preventDefault();
    option.selected = true;
    dragged.querySelector("form").requestSubmit();
  });
}
