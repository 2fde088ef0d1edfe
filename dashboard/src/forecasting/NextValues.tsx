import { useTranslation } from "react-i18next";

import type { Forecast } from "../api/figures";
import { isDaily } from "../charts/bands";
import { columnDecimals } from "../evaluation/metrics";
import type { RowZone } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Table, tableCss } from "../ui/Table";

interface NextValuesProps {
  next: Forecast["next"];
  unit: string;
  target: string;
  series: RowZone | null;
  /** Actual values by step; null if none is known yet. */
  actual?: readonly (number | null)[] | null;
}

/** The values of the chart as a table. */
export function NextValues({ next, unit, target, series, actual = null }: NextValuesProps) {
  const { t } = useTranslation();
  const { day, fixed, moment, row } = useFormats();
  const daily = isDaily(next.map((point) => point.at));
  const widths = next.map((point) => (point.high === null || point.low === null ? null : point.high - point.low));
  const decimals = Math.min(columnDecimals(next.map((point) => point.value)) + 1, columnDecimals(widths));
  return (
    <Table caption={t("forecast.tableCaption", { target })}>
      <thead>
        <tr>
          <th scope="col">{t("charts.time")}</th>
          <th scope="col" className={tableCss["number"]}>{unit === "" ? target : `${target} (${unit})`}</th>
          <th scope="col" className={tableCss["number"]}>{t("forecast.low")}</th>
          <th scope="col" className={tableCss["number"]}>{t("forecast.high")}</th>
          {actual === null ? null : <th scope="col" className={tableCss["number"]}>{t("charts.actual")}</th>}
        </tr>
      </thead>
      <tbody>
        {next.map((point, index) => (
          <tr key={point.at}>
            <th scope="row">{series ? row(point.at, series) : daily ? day(point.at) : moment(point.at)}</th>
            <td className={tableCss["number"]}>{fixed(point.value, decimals)}</td>
            <td className={tableCss["number"]}>{fixed(point.low, decimals)}</td>
            <td className={tableCss["number"]}>{fixed(point.high, decimals)}</td>
            {actual === null ? null : <td className={tableCss["number"]}>{fixed(actual[index] ?? null, decimals)}</td>}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
