import type { ReactNode } from "react";

import css from "./Table.module.css";

/** A table that scrolls inside itself on narrow screens; the caption names it for screen readers. */
export function Table({ caption, children, testId }: { caption: string; children: ReactNode; testId?: string }) {
  return (
    // Focusable, because a keyboard must be able to scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={css["scroll"]} role="group" aria-label={caption} tabIndex={0}>
      <table className={css["table"]} data-testid={testId}>
        <caption className="visually-hidden">{caption}</caption>
        {children}
      </table>
    </div>
  );
}

export const tableCss = css;
