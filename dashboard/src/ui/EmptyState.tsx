import type { ReactNode } from "react";

import css from "./EmptyState.module.css";

/** What a list says while it is empty: why, and the actions that fill it. */
export function EmptyState({ title, text, children, testId }: { title: string; text?: ReactNode; children?: ReactNode; testId?: string }) {
  return (
    <div className={css["empty"]} data-testid={testId}>
      <p className={css["title"]}>{title}</p>
      {text ? <p>{text}</p> : null}
      {children ? <div className={css["actions"]}>{children}</div> : null}
    </div>
  );
}
