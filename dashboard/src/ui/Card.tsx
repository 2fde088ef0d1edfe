import { useId, type ReactNode } from "react";

import css from "./Card.module.css";

interface CardProps {
  title?: ReactNode;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  testId?: string;
  tone?: "plain" | "good" | "bad" | "ember";
}

/** A titled region of a page. */
export function Card({ title, note, actions, children, testId, tone = "plain" }: CardProps) {
  const id = useId();
  return (
    <section className={`${css["card"]} ${css[tone]}`} aria-labelledby={title ? id : undefined} data-testid={testId}>
      {title ? (
        <header className={css["head"]}>
          <div>
            <h2 id={id}>{title}</h2>
            {note ? <p className={css["note"]}>{note}</p> : null}
          </div>
          {actions ? <div className={css["actions"]}>{actions}</div> : null}
        </header>
      ) : null}
      {children}
    </section>
  );
}

/** The header of a page without breadcrumbs. */
export { PageHeader as PageHead } from "./Page";
