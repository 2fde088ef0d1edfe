import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { readerLocale } from "../language/setup";
import { useFormats } from "../language/useFormats";
import css from "./Schedules.module.css";

/** Times in the reader's zone and, if the schedule has another zone, also in that zone. */
export function NextTimes({ times, zone }: { times: readonly string[]; zone: string }) {
  const { i18n } = useTranslation();
  const { instant, moment } = useFormats();
  const toTheSecond = times.some((at) => Date.parse(at) % 60_000 !== 0);
  const there = useMemo(
    () => new Intl.DateTimeFormat(readerLocale(i18n.language), { dateStyle: "medium", timeStyle: toTheSecond ? "medium" : "short", timeZone: zone }),
    [i18n.language, toTheSecond, zone],
  );
  return (
    <ol className={css["times"]} data-testid="next-times">
      {times.map((at) => {
        const here = toTheSecond ? instant(at) : moment(at);
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
