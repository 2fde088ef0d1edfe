import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../../api/types";
import type { RowZone } from "../../language/format";
import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import { Table, tableCss } from "../../ui/Table";
import page from "../RunPage.module.css";
import { Columns, Dots } from "./Drawing";
import css from "./Drawing.module.css";
import { explanationQuery, normalCounts, type Importance, type Saliency, type Shapley } from "./figures";

/** What the errors look like and which inputs count; each card only where the run has its data. */
export default function ExplanationCards({ run, series }: { run: RunDetail; series: RowZone | null }) {
  return (
    <>
      <ErrorsCard run={run} series={series} />
      <SlicesCard run={run} />
      <ImportanceCard run={run} />
      <SaliencyCard run={run} />
    </>
  );
}

function ErrorsCard({ run, series }: { run: RunDetail; series: RowZone | null }) {
  const { t } = useTranslation();
  const { count, day, number } = useFormats();
  const points = useQuery(explanationQuery(run.id, "actual_predicted", run.figures)).data;
  const residuals = useQuery(explanationQuery(run.id, "residuals", run.figures)).data;
  if (!residuals) return null;
  const { histogram, qq, over_time: time, autocorrelation: memory, autocorrelation_bound: bound } = residuals;
  const loud = memory.flatMap((value, lag) => (bound !== null && Math.abs(value) > bound ? [lag + 1] : []));
  const dated = time.at.every((at) => !Number.isNaN(Date.parse(at)));
  const times = time.at.map((at, index) => (dated ? Date.parse(at) : index));
  const unit = residuals.unit === "" ? "" : ` ${residuals.unit}`;
  return (
    <Card title={t("explain.errors")} note={t("explain.errorsNote", { shown: count(residuals.origins), count: residuals.origins })} testId="errors">
      <div className={css["grid"]}>
        {points ? (
          <>
            <Dots diagonal x={points.actual} y={points.predicted} label={t("explain.actualPredicted", { name: points.contender })} caption={t("explain.actualPredicted", { name: points.contender })} />
            <Dots diagonal tone="second" x={points.actual} y={points.baseline_predicted} label={t("explain.actualPredicted", { name: points.baseline })} caption={t("explain.actualPredicted", { name: points.baseline })} />
          </>
        ) : null}
        <Columns
          values={histogram.counts}
          curve={normalCounts(residuals)}
          first={number(histogram.edges[0])}
          last={number(histogram.edges.at(-1))}
          label={t("explain.histogram")}
          caption={t("explain.histogram")}
        />
        <Dots diagonal x={qq.normal} y={qq.error} label={t("explain.qq")} caption={t("explain.qq")} />
        <Dots x={times} y={time.error} between={dated ? [day(time.at[0], series), day(time.at.at(-1), series)] : undefined} label={t("explain.overTime")} caption={t("explain.overTime")} />
        <Columns values={memory} bound={bound} first="1" last={count(memory.length)} label={t("explain.memory")} caption={t("explain.memory")} />
      </div>
      <p className={page["footnote"]}>
        {t("explain.bias", { mean: number(residuals.mean) + unit, spread: number(residuals.standard_deviation) + unit })}{" "}
        {loud.length > 0 ? t("explain.loud", { lags: loud.slice(0, 8).map(count).join(", ") }) : t("explain.quiet")}
        {residuals.ljung_box ? ` ${t("explain.ljungBox", { lags: count(residuals.ljung_box.lags), p: number(residuals.ljung_box.p) })}` : ""}
      </p>
      <details className={page["disclosure"]}>
        <summary>{t("explain.memoryTable")}</summary>
        <Table caption={t("explain.memory")}>
          <thead>
            <tr>
              <th scope="col">{t("explain.lag")}</th>
              <th scope="col" className={tableCss["number"]}>{residuals.contender}</th>
              <th scope="col" className={tableCss["number"]}>{residuals.baseline}</th>
            </tr>
          </thead>
          <tbody>
            {memory.map((value, lag) => (
              <tr key={lag}>
                <th scope="row">{count(lag + 1)}</th>
                <td className={tableCss["number"]}>{number(value)}</td>
                <td className={tableCss["number"]}>{number(residuals.baseline_autocorrelation[lag] ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </details>
    </Card>
  );
}

function SlicesCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const { count, number, percent } = useFormats();
  const data = useQuery(explanationQuery(run.id, "slices", run.figures)).data;
  if (!data || data.slices.length === 0) return null;
  return (
    <Card title={t("explain.slices")} note={t("explain.slicesNote", { baseline: data.baseline })} testId="slices">
      {data.slices.map((slice) => {
        const most = Math.max(...slice.rows.map((row) => row.rmse));
        return (
          <Table key={slice.by} caption={t(`explain.by.${slice.by}`, { defaultValue: slice.by })}>
            <thead>
              <tr>
                <th scope="col">{t(`explain.by.${slice.by}`, { defaultValue: slice.by })}</th>
                <th scope="col" className={tableCss["number"]}>{t("explain.count")}</th>
                <th scope="col" className={tableCss["number"]}>RMSE</th>
                <th scope="col" className={tableCss["number"]}>{data.baseline}</th>
                <th scope="col" className={tableCss["number"]}>{t("metrics.skill")}</th>
                <th scope="col" className={css["barCell"]} aria-hidden="true" />
              </tr>
            </thead>
            <tbody>
              {slice.rows.map((row) => (
                <tr key={row.value}>
                  <th scope="row">{row.value}</th>
                  <td className={tableCss["number"]}>{count(row.errors)}</td>
                  <td className={tableCss["number"]}>{number(row.rmse)}</td>
                  <td className={tableCss["number"]}>{number(row.baseline_rmse)}</td>
                  <td className={`${tableCss["number"]} ${row.skill !== null && row.skill < 0 ? css["worse"] : ""}`}>{percent(row.skill, 1, true)}</td>
                  <td aria-hidden="true">
                    <Bar share={most > 0 ? row.rmse / most : 0} />
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
        );
      })}
    </Card>
  );
}

function ImportanceCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const importance = useQuery(explanationQuery(run.id, "importance", run.figures)).data;
  const shapley = useQuery(explanationQuery(run.id, "shapley", run.figures)).data;
  if (!importance) return null;
  return (
    <Card title={t("explain.importance")} note={t("explain.importanceNote")} testId="importance">
      <div className={css["wide"]}>
        <ImportanceTable data={importance} />
        {shapley ? <ShapleyTable data={shapley} /> : null}
      </div>
    </Card>
  );
}

function ImportanceTable({ data }: { data: Importance }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  return (
    <div>
      <Ranked
        caption={t("explain.permutation")}
        head={t("explain.increase")}
        spreadHead={t("explain.spread")}
        unit={data.unit}
        rows={data.inputs.map(({ name, increase, spread }) => ({ name, value: increase, spread }))}
      />
      <p className={page["footnote"]}>{t("explain.permutationHow", { origins: count(data.origins), repeats: count(data.repeats), reach: count(data.reach) })}</p>
    </div>
  );
}

function ShapleyTable({ data }: { data: Shapley }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  return (
    <div>
      <Ranked
        caption={t("explain.shapley")}
        head={t("explain.contribution")}
        spreadHead={t("explain.orderSpread")}
        unit={data.unit}
        rows={data.inputs.map(({ name, mean_absolute: value, order_spread: spread }) => ({ name, value, spread }))}
      />
      <p className={page["footnote"]}>{t("explain.shapleyHow", { origins: count(data.origins), orders: count(data.orders) })}</p>
    </div>
  );
}

interface RankedProps {
  caption: string;
  head: string;
  spreadHead: string;
  unit: string;
  rows: readonly { name: string; value: number; spread: number }[];
}

function Ranked({ caption, head, spreadHead, unit, rows }: RankedProps) {
  const { t } = useTranslation();
  const named = (input: string) => {
    const [, column, back] = /^(.*), (\d+(?:–\d+)?) back$/.exec(input) ?? [];
    return column === undefined || back === undefined ? input : t("explain.back", { column, back });
  };
  const { number } = useFormats();
  const most = Math.max(0, ...rows.map((row) => row.value));
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          <th scope="col">{t("explain.input")}</th>
          <th scope="col" className={tableCss["number"]}>{unit === "" ? head : `${head} (${unit})`}</th>
          <th scope="col" className={tableCss["number"]}>{spreadHead}</th>
          <th scope="col" className={css["barCell"]} aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{named(row.name)}</th>
            <td className={tableCss["number"]}>{number(row.value)}</td>
            <td className={tableCss["number"]}>{number(row.spread)}</td>
            <td aria-hidden="true">
              <Bar share={most > 0 ? Math.max(0, row.value) / most : 0} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Bar({ share }: { share: number }) {
  return <span className={css["bar"]} style={{ width: `${share * 100}%` }} />;
}

function SaliencyCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const data = useQuery(explanationQuery(run.id, "saliency", run.figures)).data;
  if (!data || data.images.length === 0) return null;
  return (
    <Card title={t("explain.saliency")} note={t("explain.saliencyNote", { height: count(data.patch.height), width: count(data.patch.width) })} testId="saliency">
      <div className={css["pictures"]}>
        {data.images.map((image) => (
          <SaliencyPicture key={image.name} image={image} />
        ))}
      </div>
    </Card>
  );
}

function SaliencyPicture({ image }: { image: Saliency["images"][number] }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const most = Math.max(...image.falls.flat());
  const label = t("explain.saliencyLabel", { name: image.name, truth: image.truth, answer: image.answer, probability: percent(image.probability, 1), fall: percent(most, 1) });
  const columns = image.falls[0]?.length ?? 0;
  return (
    <figure className={css["figure"]}>
      <div className={css["picture"]}>
        <img src={`data:image/png;base64,${image.png}`} alt={label} />
        <svg className={css["heat"]} viewBox={`0 0 ${columns} ${image.falls.length}`} preserveAspectRatio="none" aria-hidden="true">
          {image.falls.flatMap((row, top) =>
            row.map((fall, left) => (fall > 0 && most > 0 ? <rect key={`${top} ${left}`} className={css["second"]} strokeWidth={0} x={left} y={top} width={1} height={1} opacity={(0.75 * fall) / most} /> : null)),
          )}
        </svg>
      </div>
      <figcaption>{label}</figcaption>
    </figure>
  );
}
