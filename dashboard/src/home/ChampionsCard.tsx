import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Model } from "../api/types";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";
import css from "./Home.module.css";

/** Rows of the card; the page of models shows all. */
const SHOWN = 8;

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
            {serving.slice(0, SHOWN).map((model) => (
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
  const live = model.live;
  const said = (value: number | null | undefined) => (value === null || value === undefined ? "–" : live?.classes ? percent(value) : `${number(value)} ${model.unit}`);
  const run = live?.run_id;
  const named = `v${String(model.champion)}`;
  return (
    <tr>
      <th scope="row" className={css["wrap"]} dir="auto">
        <Link href={paths.model(model.name)}>{model.name}</Link>
      </th>
      <td>{run ? <Link href={paths.run(run)} title={t("home.trainedBy")}>{named}</Link> : named}</td>
      <td className={tableCss["number"]}>{live?.points === 0 ? t("common.notYetKnown") : <Link href={paths.model(model.name)}>{said(live?.loss)}</Link>}</td>
      <td className={tableCss["number"]}>{said(live?.naive_loss)}</td>
    </tr>
  );
}
