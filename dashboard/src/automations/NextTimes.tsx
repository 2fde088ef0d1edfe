import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { readerLocale } from "../language/setup";
import { useFormats } from "../language/useFormats";
import css from "./Schedules.module.css";

/** Moments in the reader's zone; beside them, where it is another, in the schedule's own. */
export function NextTimes({ times, zone }: { times: readonly string[]; zone: string }) {
  const { i18n } = useTranslation();
  const { moment } = useFormats();
  const there = useMemo(
    () => new Intl.DateTimeFormat(readerLocale(i18n.language), { dateStyle: "medium", timeStyle: "short", timeZone: zone }),
    [i18n.language, zone],
  );
  return (
    <ol className={css["times"]} data-testid="next-times">
      {times.map((at) => {
        const here = moment(at);
        const away = there.format(new Date(at));
        return (
          <li key={at}>
            {here} {here === away ? null : <span className={css["soft"]}>({zone}: {away})</span>}
          </li>
        );
      })}
    </ol>
  );
}
