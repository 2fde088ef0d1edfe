// Name, tags and note of a run as a form has them, and the change that saves them.
import type { RunChange, RunDetail } from "../../../api/types";
import { tagProblem } from "../../list/bulk";

export interface Labels {
  name: string;
  /** Tags, separated by commas. */
  tags: string;
  note: string;
}

export function labelsOf({ name, tags, note }: Pick<RunDetail, "name" | "tags" | "note">): Labels {
  return { name, tags: tags.join(", "), note: note ?? "" };
}

export function tagsOf(text: string): string[] {
  return [...new Set(text.split(",").map((tag) => tag.trim()).filter((tag) => tag !== ""))];
}

/** The first tag that cannot be saved, and why. */
export function wrongTag(text: string): { tag: string; problem: "long" | "comma" } | null {
  for (const tag of tagsOf(text)) {
    const problem = tagProblem(tag);
    if (problem !== null && problem !== "empty") return { tag, problem };
  }
  return null;
}

/** What differs from the opened form; tags as differences, so that changes from another tab stay. */
export function changeOf(before: Labels, after: Labels): RunChange {
  const [old, next] = [tagsOf(before.tags), tagsOf(after.tags)];
  const added = next.filter((tag) => !old.includes(tag));
  const removed = old.filter((tag) => !next.includes(tag));
  return {
    ...(after.name.trim() === before.name ? {} : { name: after.name.trim() }),
    ...(after.note === before.note ? {} : { note: after.note }),
    ...(added.length > 0 ? { add_tags: added } : {}),
    ...(removed.length > 0 ? { remove_tags: removed } : {}),
  };
}
