import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Learner, LearnerScore } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Badge } from "../ui/Badge";
import { Card } from "../ui/Card";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { scoresQuery } from "./api";
import css from "./Learners.module.css";

/** The learner and its baselines on the same outcomes, best first, with 95 % intervals. */
export function LeagueCard({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const scores = useQuery(scoresQuery(learner.id, learner.seq));
  const found = scores.data;
  const metrics = found?.contenders[0]?.scores.map((score) => score.metric) ?? [];
  return (
    <Card title={t("learners.league")} note={t("learners.leagueNote")}>
      {scores.error ? <ErrorNotice error={scores.error} /> : null}
      {scores.isLoading ? <Loading /> : null}
      {found?.outcomes === 0 ? <Empty title={t("learners.noOutcomes")} /> : null}
      {found && found.outcomes > 0 ? (
        <>
          <p data-testid="learner-verdict">
            <Badge tone={found.better === null ? "quiet" : found.better ? "good" : "bad"}>{t(found.better === null ? "learners.unknown" : found.better ? "learners.better" : "learners.worse")}</Badge>{" "}
            {t("learners.judgedOn", { count: found.outcomes, shown: count(found.outcomes), effective: count(Math.floor(found.effective)) })}
          </p>
          <Table caption={t("learners.league")}>
            <thead>
              <tr>
                <th scope="col">{t("learners.contender")}</th>
                {metrics.map((metric) => (
                  <th scope="col" key={metric} className={tableCss["number"]}>{metric}</th>
                ))}
                <th scope="col" className={tableCss["number"]}>{t("learners.difference", { metric: found.ranked_by })}</th>
              </tr>
            </thead>
            <tbody>
              {found.contenders.map((one) => (
                <tr key={one.name} className={one.baseline ? undefined : css["own"]}>
                  <th scope="row">{one.baseline ? one.name : t("learners.thisLearner", { plugin: one.name })}</th>
                  {one.scores.map((score) => (
                    <td key={score.metric} className={tableCss["number"]}><Scored score={score} /></td>
                  ))}
                  <td className={tableCss["number"]}>{one.difference ? <Scored score={one.difference} /> : "–"}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        </>
      ) : null}
    </Card>
  );
}

function Scored({ score }: { score: LearnerScore }) {
  const { number } = useFormats();
  if (score.value === null) return "–";
  return (
    <>
      {number(score.value)}
      {score.low === null || score.high === null ? null : <span className={css["interval"]}>{` (${number(score.low)} – ${number(score.high)})`}</span>}
    </>
  );
}
