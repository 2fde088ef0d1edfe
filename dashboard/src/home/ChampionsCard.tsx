import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Model } from "../api/types";
import { useFormats } from "../language/useFormats";
import { liveScoresQuery } from "../predictions/api";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";
import { versionQuery } from "./api";
import css from "./Home.module.css";

/** Champions with their live error next to that of the naive forecast for the same points. */
export function ChampionsCard({ models }: { models: readonly Model[] }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const serving = models.filter(({ champion }) => champion !== null);
  return (
    <Card title={t("home.champions")} note={t("home.championsNote")} actions={<Link href={paths.models}>{t("home.allModels")}</Link>} testId="champions">
      {serving.length === 0 ? (
        <p className={css["soft"]}>{t("home.noChampions")}</p>
      ) : (
        <Table caption={t("home.champions")}>
          <thead>
            <tr>
              <th scope="col">{t("predictionsPage.model")}</th>
              <th scope="col">{t("models.champion")}</th>
              <th scope="col" className={tableCss["number"]}>{t("home.liveError")}</th>
              <th scope="col" className={tableCss["number"]}>{t("live.naive")}</th>
            </tr>
          </thead>
          <tbody>
            {serving.map((model) => (
              <Champion key={model.name} model={model} />
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}

function Champion({ model }: { model: Model }) {
  const { t } = useTranslation();
  const { number, percent } = useFormats();
  const paths = usePaths();
  const version = useQuery(versionQuery(model.name, model.champion ?? 0));
  const scores = useQuery(liveScoresQuery(model.name));
  const score = scores.data?.total.find((each) => each.version === model.champion && !each.late);
  const said = (value: number | null | undefined) => (value === null || value === undefined ? "–" : scores.data?.classes ? percent(value) : `${number(value)} ${model.unit}`);
  const run = version.data?.run_id;
  const named = `v${String(model.champion)}`;
  return (
    <tr>
      <th scope="row" className={css["wrap"]} dir="auto">
        <Link href={paths.model(model.name)}>{model.name}</Link>
      </th>
      <td>{run ? <Link href={paths.run(run)} title={t("home.trainedBy")}>{named}</Link> : named}</td>
      <td className={tableCss["number"]}>{score ? <Link href={paths.model(model.name)}>{said(score.loss)}</Link> : scores.data ? t("common.notYetKnown") : "–"}</td>
      <td className={tableCss["number"]}>{said(score?.naive_loss)}</td>
    </tr>
  );
}
