// Actions that failed. A page that shows the error itself marks it; any other failure is said in a message.
import i18next from "i18next";

import { Problem } from "../api/problem";
import { say } from "./toasts";

const shown = new WeakSet<object>();
/** A page renders its own notice within this time. */
const WAIT_MS = 150;

/** Mark an error that a page shows. */
export function markShown(error: unknown): void {
  if (typeof error === "object" && error !== null) shown.add(error);
}

/** The error in words of the reader's language. */
export function wordsOf(error: unknown): { text: string; next: string | null } {
  if (!(error instanceof Problem)) return { text: i18next.t("errors.unexpected"), next: null };
  if (error.status === 0) return { text: i18next.t("errors.unreachable"), next: null };
  return { text: error.message === "" ? i18next.t("errors.unexpected") : error.message, next: error.nextStep };
}

/** Show a message about a failed action, unless the page shows the failure. */
export function sayUnlessShown(error: unknown): void {
  setTimeout(() => {
    if (typeof error === "object" && error !== null && shown.has(error)) return;
    say({ ...wordsOf(error), tone: "bad" });
  }, WAIT_MS);
}

/** Show that the platform has not answered an action; the action may still succeed. */
export function sayNoAnswer(): void {
  say({ text: i18next.t("errors.noAnswer"), tone: "bad" });
}
