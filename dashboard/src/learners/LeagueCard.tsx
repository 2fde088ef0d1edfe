import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Learner, LearnerScore, LearnerScores } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Badge } from "../ui/Badge";
import { Card } from "../ui/Card";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { scoresQuery } from "./api";
import css from "./Learners.module.css";

/** The learner and its baselines on the same outcomes, best first, with 95 % intervals; the ranking metric comes first. */
export function LeagueCard({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const scores = useQuery(scoresQuery(learner));
  const found = scores.data;
  const others = found?.contenders[0]?.scores.map((score) => score.metric).filter((metric) => metric !== found.ranked_by) ?? [];
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
                <th scope="col" className={tableCss["number"]}>{found.ranked_by}</th>
                <th scope="col" className={tableCss["number"]}>{t("learners.difference", { metric: found.ranked_by })}</th>
                {others.map((metric) => (
                  <th scope="col" key={metric} className={tableCss["number"]}>{metric}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {found.contenders.map((one) => (
                <tr key={one.name} className={one.baseline ? undefined : css["own"]}>
                  <th scope="row">{one.baseline ? one.name : t("learners.thisLearner", { plugin: one.name })}</th>
                  <td className={tableCss["number"]}><Scored score={of(one, found.ranked_by)} /></td>
                  <td className={tableCss["number"]}><Scored score={one.difference} /></td>
                  {others.map((metric) => (
                    <td key={metric} className={tableCss["number"]}><Scored score={of(one, metric)} /></td>
                  ))}
                </tr>
              ))}
            </tbody>
          </Table>
        </>
      ) : null}
    </Card>
  );
}

function of(contender: LearnerScores["contenders"][number], metric: string): LearnerScore | null {
  return contender.scores.find((score) => score.metric === metric) ?? null;
}

function Scored({ score }: { score: LearnerScore | null }) {
  const { number } = useFormats();
  if (score === null || score.value === null) return "–";
  return (
    <>
      {number(score.value)}
      {score.low === null || score.high === null ? null : <span className={css["interval"]}>{` (${number(score.low)} – ${number(score.high)})`}</span>}
    </>
  );
}
