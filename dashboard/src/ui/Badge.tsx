import type { ReactNode } from "react";

import css from "./Badge.module.css";

export type BadgeTone = "quiet" | "azure" | "good" | "bad" | "ember";

export function Badge({ tone = "quiet", children, pulse = false, testId }: { tone?: BadgeTone; children: ReactNode; pulse?: boolean; testId?: string }) {
  return (
    <span className={`${css["badge"]} ${css[tone]}`} data-testid={testId}>
      <span className={`${css["dot"]} ${pulse ? css["pulse"] : ""}`} aria-hidden="true" />
      {children}
    </span>
  );
}
