import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import css from "./RunsPage.module.css";

const COMMAND = "azuraforge demo --loop";

/** Offers the demo of a model that keeps learning: it drives this platform from a second terminal. */
export function LoopDemoCard() {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  // Not there without https, except on this machine; then it is selected and copied by hand.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  return (
    <div className={css["demo"]}>
      <Card title={t("loopDemo.title")}>
        <p>{t("loopDemo.text")}</p>
        <div className={css["command"]}>
          <code data-testid="loop-demo">{COMMAND}</code>
          {clipboard ? (
            <Button small onPress={() => void clipboard.writeText(COMMAND).then(() => setCopied(true))}>
              {t(copied ? "tokens.copied" : "tokens.copy")}
            </Button>
          ) : null}
        </div>
      </Card>
    </div>
  );
}
