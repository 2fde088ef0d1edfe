// Columns, keys and rows as they are typed in forms.
import type { FeedColumn, FeedRowIn } from "../api/types";

/** "a, b" → the names. */
export function namesOf(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/** "price, direction=down|up" → columns of numbers and of classes. */
export function columnsOf(text: string): FeedColumn[] {
  return namesOf(text).map((one) => {
    const [name = "", classes] = one.split("=");
    return { name: name.trim(), classes: classes === undefined ? null : classes.split("|").map((each) => each.trim()) };
  });
}

/** One row from the inputs of a form; an empty value is missing, and a number may have a decimal comma. */
export function rowOf(at: string, key: string, columns: readonly FeedColumn[], typed: Readonly<Record<string, string>>): FeedRowIn {
  const values = Object.fromEntries(columns.map((column) => [column.name, valueOf(typed[column.name] ?? "", column)]));
  return { at, key, values };
}

function valueOf(text: string, column: FeedColumn): number | string | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  const number = Number(trimmed.replace(",", "."));
  return column.classes || Number.isNaN(number) ? trimmed : number;
}
