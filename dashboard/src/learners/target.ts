// The target of a learner in words, and the request of the form.
import type { TFunction } from "i18next";

import type { Learner, LearnerRequest } from "../api/types";

export const TARGET_KINDS = ["value", "change", "sign", "log_return"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** "Change of price, 12 rows ahead". */
export function targetInWords(target: Learner["plan"]["target"], t: TFunction): string {
  const what = t(`learners.targets.${target.kind}`, { column: target.column });
  if (target.ahead_seconds !== null) return t("learners.aheadSeconds", { what, seconds: target.ahead_seconds });
  if (target.ahead_rows === 0) return t("learners.label", { what });
  return t("learners.aheadRows", { what, count: target.ahead_rows });
}

export interface Typed {
  name: string;
  feed: string;
  plugin: string;
  column: string;
  kind: TargetKind;
  ahead: string;
  inputs: string;
}

/** The request of the form; inputs that are not named are all columns, without the label. */
export function requestOf(typed: Typed, columns: readonly string[], config: NonNullable<LearnerRequest["config"]>): LearnerRequest {
  const ahead = typed.ahead.trim() === "" ? 0 : Number(typed.ahead);
  const isLabel = typed.kind === "value" && ahead === 0;
  const named = typed.inputs.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const inputs = named.length > 0 ? named : columns.filter((name) => !isLabel || name !== typed.column);
  return { name: typed.name.trim(), feed: typed.feed, plugin: typed.plugin, config, target: { column: typed.column, kind: typed.kind, ahead_rows: ahead }, inputs };
}
