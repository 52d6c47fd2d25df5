/**
 * Keeps what a person has typed, and where the focus is, while the screen is drawn anew. Gives a
 * function that puts it back into the fields of the same id.
 */
export function carried(place: HTMLElement): () => void {
  const selector = "input[id]:not([readonly]), textarea[id], select[id]";
  const find = () => place.querySelectorAll<HTMLInputElement>(selector);
  const values = new Map([...find()].map((one) => [one.id, one] as const));
  const focused = document.activeElement?.id ?? "";
  const isSideOpen = place.querySelector(".side-open") !== null;
  return () => {
    if (isSideOpen) place.querySelector<HTMLElement>("[aria-controls='side']")?.click();
    for (const field of find()) {
      const before = values.get(field.id);
      if (!before || field.id === "language") continue;
      field.value = before.value;
      field.checked = before.checked;
    }
    if (focused) place.querySelector<HTMLElement>(`#${CSS.escape(focused)}`)?.focus();
  };
}
