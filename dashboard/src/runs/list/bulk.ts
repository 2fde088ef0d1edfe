// Actions on many runs. Each request of the API is repeatable: an action that was already done has no effect.
import type { BulkOut, BulkRequest } from "../../api/types";
import type { Picked } from "./selection";

export type Action = { kind: "tag" | "untag"; tag: string } | { kind: "pin" | "unpin" | "cancel" | "delete" | "restore" };

/** Maximum number of runs in one request. */
const MOST = 500;

const ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "quarantined"]);

/** The runs that the action changes; the others have the tag already, have ended, and so on. */
export function changedBy(action: Action, runs: readonly Picked[]): Picked[] {
  return runs.filter((run) => {
    switch (action.kind) {
      case "tag":
        return !run.tags.includes(action.tag);
      case "untag":
        return run.tags.includes(action.tag);
      case "pin":
        return !run.pinned;
      case "unpin":
        return run.pinned;
      case "cancel":
        return !ENDED.has(run.state);
      case "delete":
        return ENDED.has(run.state);
      case "restore":
        return true;
    }
  });
}

/** The action that takes back another one; a cancellation cannot be taken back. */
export function inverse(action: Action): Action | null {
  switch (action.kind) {
    case "tag":
      return { kind: "untag", tag: action.tag };
    case "untag":
      return { kind: "tag", tag: action.tag };
    case "pin":
      return { kind: "unpin" };
    case "unpin":
      return { kind: "pin" };
    case "delete":
      return { kind: "restore" };
    case "restore":
      return { kind: "delete" };
    case "cancel":
      return null;
  }
}

export function requestOf(action: Action, ids: readonly string[]): BulkRequest {
  const run_ids = [...ids];
  if (action.kind === "tag") return { action: "change", run_ids, change: { add_tags: [action.tag] } };
  if (action.kind === "untag") return { action: "change", run_ids, change: { remove_tags: [action.tag] } };
  return { action: action.kind, run_ids };
}

export interface Outcome {
  done: string[];
  failed: { id: string; message: string }[];
}

/** Carry out an action in requests of at most 500 runs. `onPart` receives what is done so far, also before an error. */
export async function carryOut(action: Action, ids: readonly string[], send: (request: BulkRequest) => Promise<BulkOut>, onPart: (so: Outcome) => void): Promise<Outcome> {
  const outcome: Outcome = { done: [], failed: [] };
  for (let start = 0; start < ids.length; start += MOST) {
    const { items } = await send(requestOf(action, ids.slice(start, start + MOST)));
    for (const { id, error } of items) {
      if (error === null) outcome.done.push(id);
      else outcome.failed.push({ id, message: error.message });
    }
    onPart(outcome);
  }
  return outcome;
}

/** Null if the text is a tag, else the reason as the end of a text's key. */
export function tagProblem(tag: string): "empty" | "long" | "comma" | null {
  const text = tag.trim();
  if (text === "") return "empty";
  if (Array.from(text).length > 50) return "long";
  // eslint-disable-next-line no-control-regex -- the API refuses control characters
  return /[,\u0000-\u001f\u007f]/.test(text) ? "comma" : null;
}
