import type { ReactNode } from "react";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";

import css from "./Toolbar.module.css";

/** Controls over a list or a chart: one stop of the Tab key, arrow keys move between them. Text fields belong outside. */
export function Toolbar({ label, children, testId }: { label: string; children: ReactNode; testId?: string }) {
  return (
    <AriaToolbar className={css["toolbar"] ?? ""} aria-label={label} data-testid={testId}>
      {children}
    </AriaToolbar>
  );
}
