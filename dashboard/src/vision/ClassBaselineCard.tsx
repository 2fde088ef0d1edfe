import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import type { Evaluation } from "../runs/evaluation";
import { Card } from "../ui/Card";
import { Hash } from "../ui/Facts";
import { Table, tableCss } from "../ui/Table";
import css from "./Vision.module.css";

/** In which direction a column is better. */
const COLUMNS = [
  ["accuracy", "high"],
  ["macro_f1", "high"],
  ["log_loss", "low"],
  ["ece", "low"],
] as const;

/** Every classifier on the same held-out pictures; the best of each column stands out, the winner's row too. */
export function ClassBaselineCard({ evaluation, runId }: { evaluation: Evaluation; runId: string }) {
  const { t } = useTranslation();
  const { count, duration, fixed, percent } = useFormats();
  const paths = usePaths();
  const ranked = [...evaluation.contenders].sort((one, other) => one.rank - other.rank);
  const { test, train } = evaluation.parts;
  const best = Object.fromEntries(
    COLUMNS.map(([name, better]) => {
      const values = ranked.map((one) => one.metrics[name]).filter((value): value is number => typeof value === "number");
      return [name, better === "high" ? Math.max(...values) : Math.min(...values)];
    }),
  );
  return (
    <Card title={t("baselines.title")} note={t("vision.heldOut", { count: test.rows, shown: count(test.rows) })}>
      <Table caption={t("baselines.title")} testId="baseline-table">
        <thead>
          <tr>
            <th scope="col" className={tableCss["number"]}>{t("baselines.rank")}</th>
            <th scope="col">{t("baselines.contender")}</th>
            <th scope="col" className={tableCss["number"]}>{t("vision.accuracy")}</th>
            <th scope="col" className={tableCss["number"]}>{t("vision.interval")}</th>
            <th scope="col" className={tableCss["number"]}>{t("vision.macroF1")}</th>
            <th scope="col" className={tableCss["number"]}>{t("vision.logLoss")}</th>
            <th scope="col" className={tableCss["number"]}>{t("vision.ece")}</th>
            <th scope="col" className={tableCss["number"]}>{t("baselines.seconds")}</th>
          </tr>
        </thead>
        <tbody>
          {ranked.map(({ name, role, rank, metrics, seconds }) => {
            const cell = (column: (typeof COLUMNS)[number][0], text: string) => {
              const isBest = metrics[column] === best[column];
              return (
                <td className={`${tableCss["number"]} ${isBest ? tableCss["best"] : ""}`}>
                  {text}
                  {isBest ? <span className="visually-hidden"> {t("baselines.best")}</span> : null}
                </td>
              );
            };
            return (
              <tr key={`${role} ${name}`} className={name === evaluation.winner ? tableCss["marked"] : undefined}>
                <td className={tableCss["number"]}>{rank}</td>
                <th scope="row">
                  {name} <span className={tableCss["soft"]}>{t(`contenders.${role}`)}</span>
                </th>
                {cell("accuracy", percent(metrics.accuracy, 2))}
                <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>
                  {percent(metrics.accuracy_low, 2)} – {percent(metrics.accuracy_high, 2)}
                </td>
                {cell("macro_f1", percent(metrics.macro_f1, 2))}
                {cell("log_loss", fixed(metrics.log_loss, 4))}
                {cell("ece", fixed(metrics.ece, 4))}
                <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{duration(seconds)}</td>
              </tr>
            );
          })}
        </tbody>
      </Table>
      <p className={css["footnote"]}>
        {t("vision.metricsNote")} {t("vision.trainedOn", { count: train.rows, shown: count(train.rows) })} {t("baselines.computedBy")}{" "}
        <Link href={paths.run(runId)}>
          <Hash value={runId} length={16} />
        </Link>
        .
      </p>
    </Card>
  );
}
