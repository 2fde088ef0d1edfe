import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { Link } from "wouter";

import css from "./Button.module.css";

type Look = "primary" | "plain" | "danger";

interface ButtonProps {
  children: ReactNode;
  look?: Look;
  type?: "button" | "submit";
  onPress?: () => void;
  disabled?: boolean;
  pending?: boolean;
  testId?: string;
  small?: boolean;
  /** Name for screen readers if the text alone does not say what the button is for. */
  label?: string;
}

export function Button({ children, look = "plain", type = "button", onPress, disabled, pending, testId, small, label }: ButtonProps) {
  return (
    <AriaButton
      className={`${css["button"]} ${css[look]} ${small ? css["small"] : ""}`}
      type={type}
      isDisabled={disabled ?? false}
      isPending={pending ?? false}
      data-testid={testId}
      {...(label === undefined ? {} : { "aria-label": label })}
      {...(onPress ? { onPress } : {})}
    >
      {pending ? <span className={css["spinner"]} aria-hidden="true" /> : null}
      {children}
    </AriaButton>
  );
}

/** A link that looks like a button. */
export function ButtonLink({ to, children, look = "plain", testId }: { to: string; children: ReactNode; look?: Look; testId?: string }) {
  return (
    <Link href={to} className={`${css["button"]} ${css[look]}`} data-testid={testId}>
      {children}
    </Link>
  );
}

/** A square button with an icon; `label` is its name for screen readers. */
export function IconButton({ label, children, onPress, testId }: { label: string; children: ReactNode; onPress: () => void; testId?: string }) {
  return (
    <span title={label} className={css["titled"]}>
      <AriaButton className={`${css["button"]} ${css["icon"]}`} aria-label={label} onPress={onPress} data-testid={testId}>
        {children}
      </AriaButton>
    </span>
  );
}
