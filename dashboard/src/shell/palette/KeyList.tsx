import { useTranslation } from "react-i18next";

import { Dialog } from "../../ui/Dialog";
import { GO_KEYS } from "../keys";
import css from "./Palette.module.css";

/** The keys of the dashboard. */
export default function KeyList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const keys: readonly (readonly [string, string])[] = [
    ["Ctrl K · ⌘ K", t("palette.open")],
    ["?", t("keys.list")],
    ["/", t("keys.filter")],
    ["n", t("keys.newRun")],
    ...Object.entries(GO_KEYS).map(([key, place]) => [`g ${key}`, t("keys.go", { page: t(`shell.${place}`) })] as const),
    ["Esc", t("keys.close")],
  ];
  return (
    <Dialog title={t("keys.title")} open onClose={onClose}>
      <dl className={css["keys"]}>
        {keys.map(([key, what]) => (
          <div key={key} style={{ display: "contents" }}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>{t("keys.note")}</p>
    </Dialog>
  );
}
