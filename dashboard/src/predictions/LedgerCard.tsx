import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { ModelDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { ErrorNotice } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { rowZone } from "../models/dataSchema";
import { ledgerQuery, predictionQuery, type LedgerLine } from "./api";
import css from "./Predictions.module.css";

/** Every prediction as recorded before its outcome was known, with its outcome. */
export function LedgerCard({ model }: { model: ModelDetail }) {
  const { t } = useTranslation();
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const page = useQuery(ledgerQuery(model.name, cursors.at(-1) ?? null));
  const next = page.data?.next ?? null;
  return (
    <Card title={t("ledger.title")} note={t("ledger.note")}>
      {page.error ? <ErrorNotice error={page.error} /> : null}
      {page.data?.items.length === 0 ? <p>{t("ledger.none")}</p> : null}
      {page.data && page.data.items.length > 0 ? <Lines model={model} lines={page.data.items} open={open} onOpen={setOpen} /> : null}
      <div className={css["actions"]}>
        {cursors.length > 0 ? <Button onPress={() => setCursors(cursors.slice(0, -1))}>{t("ledger.newer")}</Button> : null}
        {next === null ? null : <Button onPress={() => setCursors([...cursors, next])}>{t("ledger.older")}</Button>}
      </div>
      {open === null ? null : <Points model={model} id={open} />}
    </Card>
  );
}

function Lines({ model, lines, open, onOpen }: { model: ModelDetail; lines: readonly LedgerLine[]; open: string | null; onOpen: (id: string | null) => void }) {
  const { t } = useTranslation();
  const { fixed, moment, number, row } = useFormats();
  return (
    <Table caption={t("ledger.title")}>
      <thead>
        <tr>
          <th scope="col">{t("ledger.made")}</th>
          <th scope="col">{t("models.version")}</th>
          <th scope="col">{t("ledger.origin")}</th>
          <th scope="col" className={tableCss["number"]}>{t("ledger.first")}</th>
          <th scope="col" className={tableCss["number"]}>{t("ledger.known")}</th>
          <th scope="col" className={tableCss["number"]}>{t("ledger.took")}</th>
          <th scope="col">
            <span className="visually-hidden">{t("ledger.points")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => {
          return (
            <tr key={line.prediction_id}>
              <th scope="row" className={tableCss["nowrap"]}>{moment(line.created_at)}</th>
              <td>v{line.version}</td>
              <td className={tableCss["nowrap"]}>{row(line.origin, rowZone(model, line.version))}</td>
              <td className={tableCss["number"]}>
                {number(line.predictions[0]?.value ?? null)} {line.unit}
              </td>
              <td className={tableCss["number"]}>
                {line.outcome?.known ?? 0}/{line.predictions.length}
              </td>
              <td className={tableCss["number"]}>{line.latency_seconds == null ? "–" : `${fixed(line.latency_seconds * 1000, 1)} ms`}</td>
              <td>
                <Button small onPress={() => onOpen(open === line.prediction_id ? null : line.prediction_id)}>
                  {open === line.prediction_id ? t("common.close") : t("ledger.points")}
                </Button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}

/** The points of one prediction: predicted and actual values, the error and that of the naive forecast. */
export function Points({ model, id }: { model: ModelDetail; id: string }) {
  const { t } = useTranslation();
  const { moment, number, row } = useFormats();
  const line = useQuery(predictionQuery(id));
  if (line.error) return <ErrorNotice error={line.error} />;
  if (line.data === undefined) return null;
  const zone = rowZone(model, line.data.version);
  const known = new Map(line.data.outcomes.map((each) => [each.step, each]));
  return (
    <Table caption={t("ledger.pointsOf", { id })}>
      <thead>
        <tr>
          <th scope="col">{t("charts.time")}</th>
          <th scope="col" className={tableCss["number"]}>{t("ledger.predicted")}</th>
          <th scope="col" className={tableCss["number"]}>{t("ledger.actual")}</th>
          <th scope="col" className={tableCss["number"]}>{t("live.error")}</th>
          <th scope="col" className={tableCss["number"]}>{t("live.naive")}</th>
          <th scope="col">{t("ledger.source")}</th>
        </tr>
      </thead>
      <tbody>
        {line.data.predictions.map((point, index) => {
          const became = known.get(index + 1);
          return (
            <tr key={point.at}>
              <th scope="row" className={tableCss["nowrap"]}>{row(point.at, zone)}</th>
              <td className={tableCss["number"]}>{number(point.value)}</td>
              <td className={tableCss["number"]}>{became ? (became.label ?? number(became.actual)) : t("ledger.unknown")}</td>
              <td className={tableCss["number"]}>{became ? number(became.loss) : "–"}</td>
              <td className={tableCss["number"]}>{became ? number(became.naive_loss) : "–"}</td>
              <td className={tableCss["soft"]}>
                {became?.source ?? ""}
                {became?.earlier.map((former) => (
                  <div key={former.replaced_at}>{t("ledger.earlier", { moment: moment(former.replaced_at), actual: number(former.actual), source: former.source })}</div>
                ))}
              </td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
