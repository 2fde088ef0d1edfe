import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { liveScoresQuery, type LiveScores } from "./api";
import css from "./Predictions.module.css";

const LossPlot = lazy(() => import("./LossPlot"));

/** Scores of judged predictions next to those of naive predictions for the same targets. */
export function LiveScoresCard({ model }: { model: string }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const scores = useQuery(liveScoresQuery(model));
  return (
    <Card title={t("live.title")} note={t("live.note")}>
      {scores.error ? <ErrorNotice error={scores.error} /> : null}
      {scores.data ? (
        <p className={css["soft"]} data-testid="live-told">
          {t("live.counts", { predictions: count(scores.data.predictions), waiting: count(scores.data.waiting), points: count(scores.data.points) })}
        </p>
      ) : null}
      {scores.data && scores.data.judged_again > 0 ? <p className={css["soft"]}>{t("live.judgedAgain", { points: count(scores.data.judged_again) })}</p> : null}
      {scores.data && scores.data.points === 0 ? <p>{t("live.unknown")}</p> : null}
      {scores.data && scores.data.total.length > 0 ? <Scores scores={scores.data} /> : null}
    </Card>
  );
}

function Scores({ scores }: { scores: LiveScores }) {
  const { t } = useTranslation();
  const { count, number, percent } = useFormats();
  const compared = scores.total.some((each) => each.incumbent_count > 0);
  const loss = (value: number | null) => (scores.classes ? percent(value) : number(value));
  return (
    <>
      {scores.over_time.some((each) => !each.late) ? (
        <Suspense fallback={<Loading />}>
          <LossPlot scores={scores} />
        </Suspense>
      ) : null}
      <Table caption={t("live.title")}>
        <thead>
          <tr>
            <th scope="col">{t("models.version")}</th>
            <th scope="col" className={tableCss["number"]}>{t("live.points")}</th>
            <th scope="col" className={tableCss["number"]}>{scores.classes ? t("live.wrong") : t("live.error")}</th>
            <th scope="col" className={tableCss["number"]}>{t("live.naive")}</th>
            <th scope="col" className={tableCss["number"]}>{t("models.skill")}</th>
            <th scope="col" className={tableCss["number"]}>
              {scores.classes || scores.interval === null ? t("live.right") : t("live.inside", { level: percent(scores.interval) })}
            </th>
            {compared ? <th scope="col" className={tableCss["number"]}>{t("live.incumbent")}</th> : null}
            {compared ? <th scope="col" className={tableCss["number"]}>{t("live.incumbentSkill")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {scores.total.map((each) => (
            <tr key={`${String(each.version)} ${String(each.late)}`}>
              <th scope="row">
                v{each.version} {each.late ? <span className={css["soft"]}>{t("live.late")}</span> : null}
              </th>
              <td className={tableCss["number"]}>{count(each.count)}</td>
              <td className={tableCss["number"]}>{loss(each.loss)}</td>
              <td className={tableCss["number"]}>{loss(each.naive_loss)}</td>
              <td className={tableCss["number"]}>{percent(each.skill, 1, true)}</td>
              <td className={tableCss["number"]}>{percent(each.hits)}</td>
              {compared ? (
                <td className={tableCss["number"]}>
                  {loss(each.incumbent_loss ?? null)} ({count(each.incumbent_count)})
                </td>
              ) : null}
              {compared ? <td className={tableCss["number"]}>{percent(each.incumbent_skill ?? null, 1, true)}</td> : null}
            </tr>
          ))}
        </tbody>
      </Table>
    </>
  );
}
