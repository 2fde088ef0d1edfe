import { useId, type ReactNode } from "react";

import { GuideLink } from "./GuideLink";
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

/** A page's title with the link to its guide, and the actions of the page. */
export function PageHead({ title, children, note }: { title: ReactNode; children?: ReactNode; note?: ReactNode }) {
  return (
    <div className={css["pageHead"]}>
      <div className={css["pageTitle"]}>
        <div className={css["pageName"]}>
          <h1>{title}</h1>
          <GuideLink />
        </div>
        {note ? <div className={css["note"]}>{note}</div> : null}
      </div>
      {children ? <div className={css["actions"]}>{children}</div> : null}
    </div>
  );
}
