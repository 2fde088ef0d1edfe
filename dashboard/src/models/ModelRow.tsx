import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Model } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { driftQuery, liveScoresQuery } from "../predictions/api";
import { usePaths } from "../projects/session";
import { Badge } from "../ui/Badge";
import { tableCss } from "../ui/Table";
import css from "./Models.module.css";

/** A model of the list, with what is known of its champion on live data. */
export function ModelRow({ model }: { model: Model }) {
  const { t, i18n } = useTranslation();
  const { count, moment, number, percent } = useFormats();
  const paths = usePaths();
  const serves = model.champion !== null;
  const scores = useQuery({ ...liveScoresQuery(model.name), enabled: serves });
  const drift = useQuery({ ...driftQuery(model.name), enabled: serves && scores.data !== undefined && !scores.data.classes });
  const task = useQuery(pluginsQuery).data?.find((plugin) => plugin.kind === "task_kind" && plugin.name === model.kind);
  const live = scores.data?.total.find(({ version, late }) => version === model.champion && !late);
  const loss = (value: number | null | undefined) => (value === null || value === undefined ? "–" : scores.data?.classes ? percent(value, 1) : `${number(value)} ${model.unit}`);
  const report = drift.data?.report ?? null;
  return (
    <tr>
      <th scope="row" className={css["wrap"]} dir="auto">
        <Link href={paths.model(model.name)}>{model.name}</Link>
      </th>
      <td>
        {inLanguage(task?.title ?? {}, i18n.language) || (model.kind ?? "–")}{" "}
        <span className={tableCss["soft"]} dir="auto">{model.unit === "" ? model.target : `${model.target} (${model.unit})`}</span>
      </td>
      <td>{model.champion === null ? <Badge tone="ember">{t("modelPage.noChampion")}</Badge> : `v${String(model.champion)}`}</td>
      <td className={tableCss["number"]}>{live ? loss(live.loss) : serves && scores.data ? t("common.notYetKnown") : "–"}</td>
      <td className={tableCss["number"]}>{loss(live?.naive_loss)}</td>
      <td>{drift.data === undefined || report === null ? <span className={tableCss["soft"]}>–</span> : <Badge tone={drift.data.alarm ? "ember" : report.enough ? "good" : "quiet"}>{t(drift.data.alarm ? "modelList.drifts" : report.enough ? "modelList.steady" : "modelList.tooFew")}</Badge>}</td>
      <td className={tableCss["number"]}>{count(model.versions)}</td>
      <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{moment(model.created_at)}</td>
    </tr>
  );
}
