import { useTranslation } from "react-i18next";

import type { Evaluation } from "../api/evaluation";
import type { Bin, Reliability } from "../api/figures";
import { metricOf, showMetric, titleOf } from "../evaluation/metrics";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";
import css from "./Vision.module.css";

const SIDE = 260;
const EDGE = 34;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Reliability diagram: on the diagonal, predictions with 80 % confidence are right four times in five. */
export function ReliabilityCard({ figure, evaluation }: { figure: Reliability; evaluation: Evaluation | null }) {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const { count, percent } = formats;
  const title = (name: string) => titleOf(evaluation, name, i18n.language);
  const facts = evaluation === null ? undefined : metricOf(evaluation, "ece");
  const error = (value: number | null) => (facts ? showMetric(formats, facts, value) : formats.number(value));
  const before = figure.uncalibrated_bins;
  const used = figure.bins.filter((bin) => bin.count > 0);
  return (
    <Card title={t("vision.reliability")} note={t("vision.reliabilityNote")} testId="reliability">
      <div className={css["reliability"]}>
        <Diagram figure={figure} error={`${title("ece")} ${error(figure.ece)}`} />
        <div>
          <dl className={css["scores"]}>
            <div>
              <dt>{title("ece")}</dt>
              <dd>{error(figure.ece)}</dd>
            </div>
            {figure.ece_uncalibrated === null ? null : (
              <div>
                <dt>{t("vision.eceBefore")}</dt>
                <dd>{error(figure.ece_uncalibrated)}</dd>
              </div>
            )}
            {figure.baseline === figure.contender ? null : (
              <div>
                <dt>{t("vision.eceOf", { name: figure.baseline.split(".").at(-1) })}</dt>
                <dd>{error(figure.baseline_ece)}</dd>
              </div>
            )}
          </dl>
          {before ? <p className={css["soft"]}>{t("vision.eceNote")}</p> : null}
        </div>
      </div>
      <details className={css["disclosure"]}>
        <summary>{t("vision.asTable")}</summary>
        <Table caption={t("vision.reliability")}>
          <thead>
            <tr>
              <th scope="col">{t("vision.range")}</th>
              <th scope="col" className={tableCss["number"]}>{t("vision.images")}</th>
              <th scope="col" className={tableCss["number"]}>{t("vision.confidence")}</th>
              <th scope="col" className={tableCss["number"]}>{title("accuracy")}</th>
              {before ? <th scope="col" className={tableCss["number"]}>{t("vision.accuracyBefore")}</th> : null}
            </tr>
          </thead>
          <tbody>
            {used.map((bin) => (
              <tr key={bin.low}>
                <th scope="row">
                  {percent(bin.low)} – {percent(bin.high)}
                </th>
                <td className={tableCss["number"]}>{count(bin.count)}</td>
                <td className={tableCss["number"]}>{percent(bin.confidence, 1)}</td>
                <td className={tableCss["number"]}>{percent(bin.accuracy, 1)}</td>
                {before ? <td className={tableCss["number"]}>{percent(before.find((one) => one.low === bin.low)?.accuracy, 1)}</td> : null}
              </tr>
            ))}
          </tbody>
        </Table>
      </details>
    </Card>
  );
}

const at = (share: number): number => share * SIDE;

function Diagram({ figure, error }: { figure: Reliability; error: string }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const most = Math.max(1, ...figure.bins.map((bin) => bin.count));
  return (
    <svg className={css["diagram"]} viewBox={`${-EDGE} -10 ${SIDE + EDGE + 14} ${SIDE + EDGE + 10}`} role="img" aria-label={t("vision.diagramAlt", { error })}>
      {TICKS.map((tick) => (
        <g key={tick}>
          <line className={css["grid"]} x1={at(tick)} x2={at(tick)} y1={0} y2={SIDE} />
          <line className={css["grid"]} x1={0} x2={SIDE} y1={at(tick)} y2={at(tick)} />
          <text className={css["tick"]} x={at(tick)} y={SIDE + 14} textAnchor="middle">
            {percent(tick)}
          </text>
          <text className={css["tick"]} x={-5} y={at(1 - tick) + 3.5} textAnchor="end">
            {percent(tick)}
          </text>
        </g>
      ))}
      <line className={css["diagonal"]} x1={0} y1={SIDE} x2={SIDE} y2={0} />
      {figure.uncalibrated_bins ? <Points bins={figure.uncalibrated_bins} most={most} className={css["pointBefore"] ?? ""} /> : null}
      <Points bins={figure.bins} most={most} className={css["point"] ?? ""} />
      <text className={css["tick"]} x={SIDE / 2} y={SIDE + 29} textAnchor="middle">
        {t("vision.confidence")}
      </text>
    </svg>
  );
}

/** One mark per bin; its area is proportional to the number of images. */
function Points({ bins, most, className }: { bins: readonly Bin[]; most: number; className: string }) {
  return bins.map((bin) =>
    bin.confidence === null || bin.accuracy === null ? null : (
      <circle key={bin.low} className={className} cx={at(bin.confidence)} cy={at(1 - bin.accuracy)} r={3 + 7 * Math.sqrt(bin.count / most)} />
    ),
  );
}
