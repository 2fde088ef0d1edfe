import { useTranslation } from "react-i18next";

import type { Schedule } from "../api/types";
import { useFormats } from "../language/useFormats";
import css from "./Schedules.module.css";

/** "every 6 hours", or the cron expression with its time zone. */
export function When({ schedule }: { schedule: Pick<Schedule, "cron" | "interval" | "timezone"> }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const { interval, cron, timezone } = schedule;
  if (interval) return <>{t(`schedules.every.${interval.unit}`, { count: interval.every, shown: count(interval.every) })}</>;
  return (
    <>
      <code>{cron}</code> <span className={css["soft"]}>{timezone}</span>
    </>
  );
}
