import type { GuardedSlice } from "../api/types";

/** `[{by: "hour", margin: 0.1, values: ["7"]}]` → `hour:7=10`, the text of the input. */
export function slicesText(slices: readonly GuardedSlice[]): string {
  return slices.map(({ by, margin, values }) => `${by}${values.length > 0 ? `:${values.join(",")}` : ""}=${String(Math.round(margin * 10000) / 100)}`).join(" ");
}

/** The way back, with the slice keys of the task kind; null where it cannot be read. */
export function slicesOf(text: string, keys: readonly string[]): GuardedSlice[] | null {
  const found: GuardedSlice[] = [];
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const [key = "", percent = "10", ...more] = word.split("=");
    const [named = "", values = ""] = key.split(":");
    const by = keys.find((each) => each === named);
    const margin = Number(percent.replace(",", ".")) / 100;
    if (by === undefined || more.length > 0 || !(margin >= 0)) return null;
    found.push({ by, margin, values: values.split(",").filter((each) => each !== "") });
  }
  return found;
}
