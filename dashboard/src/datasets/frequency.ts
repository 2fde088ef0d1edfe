// The distance between two rows in words.
import type { TFunction } from "i18next";

type Unit = "ms" | "s" | "m" | "h" | "d" | "w" | "mo" | "q" | "y";

/** `1mo` → "every month"; other spellings are shown as they are. */
export function frequencyText(frequency: string | null | undefined, t: TFunction): string {
  const found = /^(\d+)(ms|mo|[smhdwqy])$/.exec(frequency ?? "");
  if (found === null) return frequency || "–";
  return t(`frequency.${found[2] as Unit}`, { count: Number(found[1]) });
}
