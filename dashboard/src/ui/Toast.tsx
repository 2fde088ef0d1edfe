import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button, IconButton } from "./Button";
import { Icon } from "./Icon";
import css from "./Toast.module.css";
import { dismiss, useToasts, type Toast as Message } from "./toasts";

/** A failure stays until it is closed; other messages go after this time, unless the pointer or the focus is on them. */
const SHOWN_MS = 8000;

/** The messages over the page, said by screen readers as they come. */
export function Toasts() {
  const { t } = useTranslation();
  const toasts = useToasts();
  return (
    <section className={css["toasts"]} aria-label={t("toast.region")}>
      {toasts.map((toast) => (
        <Toast key={toast.id} toast={toast} />
      ))}
    </section>
  );
}

function Toast({ toast: { id, text, next, tone, undo } }: { toast: Message }) {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held || tone === "bad") return undefined;
    const timer = setTimeout(() => dismiss(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [held, id, tone]);
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- holding it only keeps it shown
    <div className={`${css["toast"]} ${css[tone]}`} data-testid="toast" onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)} onFocus={() => setHeld(true)} onBlur={() => setHeld(false)}>
      <Icon name={tone === "good" ? "check" : tone === "bad" ? "warning" : "info"} />
      <div className={css["text"]} role={tone === "bad" ? "alert" : "status"}>
        <p>{text}</p>
        {next ? <p className={css["next"]}>{next}</p> : null}
      </div>
      {undo ? (
        <Button
          small
          onPress={() => {
            dismiss(id);
            undo();
          }}
          testId="undo"
        >
          {t("toast.undo")}
        </Button>
      ) : null}
      <IconButton label={t("common.close")} onPress={() => dismiss(id)}>
        <Icon name="cross" size={16} />
      </IconButton>
    </div>
  );
}
