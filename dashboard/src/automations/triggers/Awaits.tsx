import { useTranslation } from "react-i18next";

import type { Automation } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import css from "../Schedules.module.css";
import { When } from "../When";
import { filtersOf, limitOf } from "./sentences";

/** The trigger of an automation: the times, the event with its filters, or the measured value with its limit. */
export function Awaits({ when }: { when: Automation["when"] }) {
  const { t } = useTranslation();
  const { duration } = useFormats();
  if (when.on === "schedule") return <When schedule={{ cron: when.cron ?? null, interval: when.interval ?? null, timezone: when.timezone }} />;
  if (when.on === "measure") {
    return (
      <>
        <code>{limitOf(when)}</code> {when.for_seconds > 0 ? <span className={css["soft"]}>{t("automations.for", { time: duration(when.for_seconds) })}</span> : null}
      </>
    );
  }
  const filters = filtersOf(when.where ?? []);
  return (
    <>
      <code>{when.type}</code> {filters.length > 0 ? <span className={css["soft"]}>{filters.join(" · ")}</span> : null}
    </>
  );
}
