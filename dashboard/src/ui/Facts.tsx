import type { ReactNode } from "react";

import css from "./Facts.module.css";

export interface Fact {
  name: string;
  value: ReactNode;
  /** The name is a literal key, not a word in the reader's language. */
  code?: boolean;
}

/** Names and values, side by side; `long` gives sentences the whole line. */
export function Facts({ facts, long = false }: { facts: readonly Fact[]; long?: boolean }) {
  return (
    <dl className={long ? css["long"] : css["facts"]}>
      {facts.map(({ name, value, code }) => (
        <div key={name} className={css["fact"]}>
          <dt>{code ? <code>{name}</code> : name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The beginning of a long hash or id; the whole is available on hover and for copying. */
export function Hash({ value, length = 12 }: { value: string | null | undefined; length?: number }) {
  if (!value) return <>–</>;
  return <code title={value}>{value.length > length ? `${value.slice(0, length)}…` : value}</code>;
}
