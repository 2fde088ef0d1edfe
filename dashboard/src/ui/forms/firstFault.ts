/** Focus the first faulty input of a form and bring it into view; unfold what hides it. Call it after the faults are shown. */
export function focusFirstFault(form: HTMLElement | null): void {
  const wrong = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  if (!wrong) return;
  for (let place = wrong.closest("details"); place; place = place.parentElement?.closest("details") ?? null) place.open = true;
  wrong.focus();
  // jsdom has no layout and lacks the method.
  if ("scrollIntoView" in wrong) wrong.scrollIntoView({ block: "center" });
}
