import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "./Button";
import { Notice } from "./Notice";
import css from "./ShownOnce.module.css";

interface ShownOnceProps {
  text: string;
  label: string;
  value: string;
  onDone: () => void;
  testId: string;
}

/** A value that cannot be shown again, such as a token or an invitation's link, to be copied. */
export function ShownOnce({ text, label, value, onDone, testId }: ShownOnceProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  // Missing without https, except on this machine; the text is then selected for manual copying.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  return (
    <Notice tone="good" role="status">
      <p>{text}</p>
      <div className={css["secret"]}>
        <input className={css["value"]} readOnly value={value} aria-label={label} data-testid={testId} onFocus={(event) => event.target.select()} />
        {clipboard ? (
          <Button small onPress={() => void clipboard.writeText(value).then(() => setCopied(true))}>
            {t(copied ? "tokens.copied" : "tokens.copy")}
          </Button>
        ) : null}
        <Button small onPress={onDone} testId={`${testId}-done`}>
          {t("tokens.done")}
        </Button>
      </div>
    </Notice>
  );
}
