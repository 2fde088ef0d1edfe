import { useState, type ReactNode } from "react";

import css from "./Folded.module.css";

interface FoldedProps {
  title: ReactNode;
  /** Shown beside the title, also while folded. */
  note?: ReactNode;
  /** Unfolds the part as long as it is true, such as for a fault inside. */
  isUnfolded?: boolean;
  startsUnfolded?: boolean;
  testId?: string;
  children: ReactNode;
}

/** A titled part that is folded away until a person opens it. */
export function Folded({ title, note, isUnfolded = false, startsUnfolded = false, testId, children }: FoldedProps) {
  const [isOpen, setOpen] = useState(startsUnfolded);
  return (
    <details open={isOpen || isUnfolded} onToggle={(event) => setOpen(event.currentTarget.open)} data-testid={testId}>
      <summary className={css["summary"]}>
        {title}
        {note === undefined ? null : <span className={css["note"]}>{note}</span>}
      </summary>
      <div className={css["inside"]}>{children}</div>
    </details>
  );
}
