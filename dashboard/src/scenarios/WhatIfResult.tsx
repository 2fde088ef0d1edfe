import { Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";

import type { WhatIf } from "../api/types";
import { columnDecimals } from "../evaluation/metrics";
import type { RowZone } from "../language/format";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { Loading, Notice } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import css from "./Scenarios.module.css";

const ScenarioPlot = lazy(() => import("./ScenarioPlot"));

/** Base and scenarios side by side: drawn, row by row, and in total. */
export function WhatIfResult({ answer, series }: { answer: WhatIf; series: RowZone | null }) {
  const { t, i18n } = useTranslation();
  const { fixed, moment, row } = useFormats();
  const { base, scenarios, target, unit } = answer;
  const decimals = columnDecimals(base.map((point) => point.value)) + 1;
  const signed = (value: number) => (value > 0 ? `+${fixed(value, decimals)}` : fixed(value, decimals));
  const about = [
    ...answer.cautions.map((caution) => ({ name: t("whatIf.base"), caution })),
    ...scenarios.flatMap(({ name, cautions }) => cautions.map((caution) => ({ name, caution }))),
  ];
  return (
    <div data-testid="what-if-result">
      {about.length > 0 ? (
        <Notice tone="ember" role="status">
          {about.map(({ name, caution }, at) => (
            <p key={at}>
              {name}: {inLanguage(caution.text, i18n.language)}
            </p>
          ))}
        </Notice>
      ) : null}
      <Suspense fallback={<Loading />}>
        <ScenarioPlot answer={answer} series={series} />
      </Suspense>
      <Table caption={t("whatIf.chart", { target: unit === "" ? target : `${target} (${unit})` })}>
        <thead>
          <tr>
            <th scope="col">{t("charts.time")}</th>
            <th scope="col" className={tableCss["number"]}>{t("whatIf.base")}</th>
            {scenarios.flatMap(({ name }) => [
              <th key={name} scope="col" className={tableCss["number"]}>{name}</th>,
              <th key={`${name} difference`} scope="col" className={tableCss["number"]}>{t("whatIf.difference")}</th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {base.map((point, step) => (
            <tr key={point.at}>
              <th scope="row">{series ? row(point.at, series) : moment(point.at)}</th>
              <Value point={point} decimals={decimals} />
              {scenarios.flatMap(({ name, predictions, differences }) => [
                <Value key={name} point={predictions[step]} decimals={decimals} />,
                <td key={`${name} difference`} className={tableCss["number"]}>{signed(differences[step] ?? 0)}</td>,
              ])}
            </tr>
          ))}
          <tr className={css["total"]}>
            <th scope="row">{t("whatIf.total")}</th>
            <td className={tableCss["number"]}>{fixed(answer.base_total, decimals)}</td>
            {scenarios.flatMap(({ name, total, total_difference: difference }) => [
              <td key={name} className={tableCss["number"]}>{fixed(total, decimals)}</td>,
              <td key={`${name} difference`} className={tableCss["number"]} data-testid="total-difference">{signed(difference)}</td>,
            ])}
          </tr>
        </tbody>
      </Table>
    </div>
  );
}

function Value({ point, decimals }: { point: WhatIf["base"][number] | undefined; decimals: number }) {
  const { fixed } = useFormats();
  return (
    <td className={tableCss["number"]}>
      {fixed(point?.value, decimals)}
      {point?.low == null || point.high === null ? null : (
        <span className={css["interval"]}>
          {fixed(point.low, decimals)} … {fixed(point.high, decimals)}
        </span>
      )}
    </td>
  );
}
