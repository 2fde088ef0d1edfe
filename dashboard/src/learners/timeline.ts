// The entries of a timeline: states, notices and commands in one order.
import type { LearnerTimeline } from "../api/types";

export type EntryKind = "state" | "archive" | "command" | "drift" | "low_accuracy" | "environment" | "response" | "absence" | "request" | "metrics" | "note" | "other";

export interface Entry {
  id: string;
  kind: EntryKind;
  seq: number | null;
  /** Event time; for a command that waits, the time at which it was sent. */
  at: string;
  size: number | null;
  text: string;
}

const NOTICES: readonly string[] = ["drift", "low_accuracy", "environment", "response", "absence", "request", "metrics", "note"];

/** What a timeline shows: everything, or only one side. States are many and would hide what happened. */
export const SHOWN = ["all", "happened", "states"] as const;
export type Shown = (typeof SHOWN)[number];

export function shownOf(entries: readonly Entry[], shown: Shown): readonly Entry[] {
  if (shown === "all") return entries;
  return entries.filter((one) => (one.size !== null) === (shown === "states"));
}

/** Newest first; commands that wait for their processing come before everything else. */
export function entriesOf(timeline: LearnerTimeline): Entry[] {
  const states = timeline.states.map((one): Entry => ({ id: `s${String(one.seq)}.${String(one.fact)}`, kind: one.archive ? "archive" : "state", seq: one.seq, at: one.at, size: one.bytes, text: "" }));
  const notices = timeline.notices.map((one, index): Entry => ({ id: `n${String(index)}`, kind: NOTICES.includes(one.kind) ? (one.kind as EntryKind) : "other", seq: one.seq, at: one.at, size: null, text: inWords(one.body) }));
  const facts = timeline.facts.map((one): Entry => ({ id: `f${String(one.number)}`, kind: "command", seq: one.seq, at: one.at ?? one.created_at, size: null, text: [one.name, inWords(one.body)].filter((text) => text !== "").join(": ") }));
  const place = (entry: Entry) => entry.seq ?? Number.POSITIVE_INFINITY;
  return [...facts, ...notices, ...states].sort((a, b) => (place(a) === place(b) ? 0 : place(b) - place(a)));
}

function inWords(body: Record<string, unknown>): string {
  return Object.entries(body)
    .map(([name, value]) => (value === null ? name : `${name} = ${typeof value === "string" ? value : JSON.stringify(value)}`))
    .join(", ");
}
