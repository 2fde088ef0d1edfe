import { useTranslation } from "react-i18next";

import type { Composition, Evaluation } from "../api/evaluation";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { Table, tableCss } from "../ui/Table";
import { columnDecimals, metricOf, useMetrics } from "./metrics";

/** The members of a combined predictor, next to the combination, and those that were left out; nothing for others. */
export function MembersCard({ evaluation }: { evaluation: Evaluation }) {
  const { t, i18n } = useTranslation();
  const { count, duration, fixed, percent } = useFormats();
  const { show, titled } = useMetrics();
  const { composition, ranked_by, unit } = evaluation;
  if (!composition) return null;
  const metric = metricOf(evaluation, ranked_by);
  const whole = evaluation.contenders.find(({ role }) => role === "candidate");
  const tested = [...composition.members, ...(whole ? [whole] : [])].map(({ metrics }) => metrics[ranked_by] ?? null);
  const decimals = columnDecimals(tested);
  const test = (value: number | null | undefined) => (metric ? show(metric, value ?? null, decimals) : fixed(value ?? null, decimals));
  const title = metric ? titled(metric, unit) : ranked_by;
  return (
    <Card title={t("members.title")} note={t(`members.rule.${composition.rule}`)} testId="members">
      <Table caption={t("members.title")} testId="members-table">
        <thead>
          <tr>
            <th scope="col">{t("members.name")}</th>
            <th scope="col" className={tableCss["number"]}>{t("members.weight")}</th>
            <th scope="col" className={tableCss["number"]}>{t("members.score")}</th>
            <th scope="col" className={tableCss["number"]}>{t("members.test", { metric: title })}</th>
            <th scope="col" className={tableCss["number"]}>{t("members.trials")}</th>
            <th scope="col" className={tableCss["number"]}>{t("baselines.seconds")}</th>
          </tr>
        </thead>
        <tbody>
          {composition.members.map((one) => (
            <tr key={one.name}>
              <th scope="row">{one.name}</th>
              <td className={tableCss["number"]}>{one.weight > 0 ? percent(one.weight, 1) : "–"}</td>
              <td className={tableCss["number"]}>{fixed(one.score, 3)}</td>
              <td className={tableCss["number"]}>{test(one.metrics[ranked_by])}</td>
              <td className={tableCss["number"]}>{count(one.trials)}</td>
              <td className={tableCss["number"]}>{duration(one.seconds)}</td>
            </tr>
          ))}
          {whole ? (
            <tr className={tableCss["marked"]}>
              <th scope="row">{t("members.whole")}</th>
              <td />
              <td />
              <td className={tableCss["number"]}>{test(whole.metrics[ranked_by])}</td>
              <td />
              <td className={tableCss["number"]}>{duration(whole.seconds)}</td>
            </tr>
          ) : null}
        </tbody>
      </Table>
      <p className={css["footnote"]}>{t("members.footnote", { measure: inLanguage(composition.measure, i18n.language), metric: title })}</p>
      <Gone title={t("members.leftOut")} members={composition.left_out} />
      <Gone title={t("members.notRefitted")} members={composition.not_refitted} />
    </Card>
  );
}

function Gone({ title, members }: { title: string; members: Composition["left_out"] }) {
  const { i18n } = useTranslation();
  if (members.length === 0) return null;
  return (
    <details className={css["disclosure"]} open>
      <summary>{title}</summary>
      <ul className={css["soft"]}>
        {members.map((one) => (
          <li key={one.name}>
            {one.name}: {inLanguage(one.reason, i18n.language)}
          </li>
        ))}
      </ul>
    </details>
  );
}
