import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../language/useFormats";
import { modelQuery } from "../models/api";
import { usePaths } from "../projects/session";
import { Button, ButtonLink } from "../ui/Button";
import { Card } from "../ui/Card";
import { EmptyState } from "../ui/EmptyState";
import { More } from "../ui/More";
import { ErrorNotice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Skeleton } from "../ui/Skeleton";
import { Table, tableCss } from "../ui/Table";
import { pagedQuery } from "../api/pages";
import { liveScoresQuery, type LedgerLine } from "./api";
import { Points } from "./LedgerCard";

const allPredictions = pagedQuery(["predictions", "all"], "/predictions");
/** Models whose scores are shown; the others have theirs on their own pages. */
const MOST_SCORES = 10;

/** The ledger of all models: each prediction with its outcome, and live errors next to those of the naive forecast. */
export default function PredictionsPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const ledger = useInfiniteQuery(allPredictions);
  const models = [...new Set((ledger.data ?? []).map(({ model }) => model))].slice(0, MOST_SCORES);
  return (
    <Page title={t("predictionsPage.title")} note={t("ledger.note")}>
      {ledger.error ? <ErrorNotice error={ledger.error} /> : null}
      {ledger.isLoading ? <Skeleton lines={6} /> : null}
      {ledger.data?.length === 0 ? (
        <Card>
          <EmptyState title={t("ledger.none")} text={t("predictionsPage.noneNext")}>
            <ButtonLink to={paths.models}>{t("predictionsPage.toModels")}</ButtonLink>
          </EmptyState>
        </Card>
      ) : null}
      {models.length > 0 ? <Scores models={models} /> : null}
      {ledger.data && ledger.data.length > 0 ? <Ledger lines={ledger.data}><More list={ledger} /></Ledger> : null}
    </Page>
  );
}

function Scores({ models }: { models: readonly string[] }) {
  const { t } = useTranslation();
  const { count, number, percent } = useFormats();
  const paths = usePaths();
  const scores = useQueries({ queries: models.map((model) => liveScoresQuery(model)) });
  return (
    <Card title={t("predictionsPage.scores")} note={t("live.note")}>
      <Table caption={t("predictionsPage.scores")}>
        <thead>
          <tr>
            <th scope="col">{t("predictionsPage.model")}</th>
            <th scope="col" className={tableCss["number"]}>{t("live.points")}</th>
            <th scope="col" className={tableCss["number"]}>{t("live.error")}</th>
            <th scope="col" className={tableCss["number"]}>{t("live.naive")}</th>
            <th scope="col" className={tableCss["number"]}>{t("models.skill")}</th>
          </tr>
        </thead>
        <tbody>
          {models.map((model, index) => {
            const found = scores[index]?.data;
            const total = found?.total.filter(({ late }) => !late).at(-1);
            const loss = (value: number | null | undefined) => (found?.classes ? percent(value) : `${number(value)}${value === null || value === undefined ? "" : ` ${found?.unit ?? ""}`}`);
            return (
              <tr key={model}>
                <th scope="row" dir="auto">
                  <Link href={paths.model(model)}>{model}</Link> {total ? <span className={tableCss["soft"]}>v{total.version}</span> : null}
                </th>
                <td className={tableCss["number"]}>{total ? count(total.count) : t("common.notYetKnown")}</td>
                <td className={tableCss["number"]}>{loss(total?.loss)}</td>
                <td className={tableCss["number"]}>{loss(total?.naive_loss)}</td>
                <td className={tableCss["number"]}>{percent(total?.skill, 1, true)}</td>
              </tr>
            );
          })}
        </tbody>
      </Table>
    </Card>
  );
}

function Ledger({ lines, children }: { lines: readonly LedgerLine[]; children: ReactNode }) {
  const { t } = useTranslation();
  const { moment, number } = useFormats();
  const paths = usePaths();
  const [open, setOpen] = useState<{ id: string; model: string } | null>(null);
  return (
    <Card title={t("ledger.title")}>
      <Table caption={t("ledger.title")} testId="ledger">
        <thead>
          <tr>
            <th scope="col">{t("ledger.made")}</th>
            <th scope="col">{t("predictionsPage.model")}</th>
            <th scope="col">{t("ledger.origin")}</th>
            <th scope="col" className={tableCss["number"]}>{t("ledger.first")}</th>
            <th scope="col" className={tableCss["number"]}>{t("live.naive")}</th>
            <th scope="col" className={tableCss["number"]}>{t("ledger.known")}</th>
            <th scope="col">
              <span className="visually-hidden">{t("ledger.points")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.prediction_id}>
              <th scope="row" className={tableCss["nowrap"]}>{moment(line.created_at)}</th>
              <td dir="auto">
                <Link href={paths.model(line.model)}>{line.model}</Link> <span className={tableCss["soft"]}>v{line.version}</span>
              </td>
              <td className={tableCss["nowrap"]}>{moment(line.origin)}</td>
              <td className={tableCss["number"]}>{number(line.predictions[0]?.value ?? null)} {line.unit}</td>
              <td className={tableCss["number"]}>{number(line.naive ?? null)}</td>
              <td className={tableCss["number"]}>{line.outcome?.known ?? 0}/{line.predictions.length}</td>
              <td>
                <Button small onPress={() => setOpen(open?.id === line.prediction_id ? null : { id: line.prediction_id, model: line.model })}>
                  {open?.id === line.prediction_id ? t("common.close") : t("ledger.points")}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {children}
      {open === null ? null : <Outcomes {...open} />}
    </Card>
  );
}

/** The points of one prediction with their outcomes. */
function Outcomes({ id, model }: { id: string; model: string }) {
  const found = useQuery(modelQuery(model));
  if (found.error) return <ErrorNotice error={found.error} />;
  return found.data === undefined ? <Skeleton /> : <Points model={found.data} id={id} />;
}
