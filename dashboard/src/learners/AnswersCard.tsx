import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Learner, LearnerAnswer } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { answersQuery } from "./api";

/** The answers of the newest rows with their outcomes, newest first. */
export function AnswersCard({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const { count, moment, number } = useFormats();
  const answers = useQuery(answersQuery(learner));
  const newest = [...(answers.data?.answers ?? [])].reverse();
  const keyed = newest.some((one) => one.key !== "");
  const { classes } = learner.plan;
  const named = (value: number | null | undefined) => (value === null || value === undefined ? "–" : (classes[value] ?? number(value)));
  const said = (answer: LearnerAnswer["answer"]) => (answer === null ? t("learners.abstained") : named(answer[0]));
  return (
    <Card title={t("learners.newestAnswers")}>
      {answers.error ? <ErrorNotice error={answers.error} /> : null}
      {answers.isLoading ? <Loading /> : null}
      {answers.data && newest.length === 0 ? <Empty title={t("learners.noAnswers")} /> : null}
      {newest.length > 0 ? (
        <Table caption={t("learners.newestAnswers")}>
          <thead>
            <tr>
              <th scope="col" className={tableCss["number"]}>{t("learners.row")}</th>
              <th scope="col">{t("learners.time")}</th>
              {keyed ? <th scope="col">{t("learners.key")}</th> : null}
              <th scope="col" className={tableCss["number"]}>{t("learners.answer")}</th>
              <th scope="col" className={tableCss["number"]}>{t("learners.outcome")}</th>
              <th scope="col" className={tableCss["number"]}>{t("learners.loss")}</th>
            </tr>
          </thead>
          <tbody>
            {newest.map((one) => (
              <tr key={`${String(one.seq)} ${one.key}`}>
                <th scope="row" className={tableCss["number"]}>{count(one.seq)}</th>
                <td className={tableCss["nowrap"]}>{moment(one.at)}</td>
                {keyed ? <td>{one.key}</td> : null}
                <td className={tableCss["number"]}>{said(one.answer)}</td>
                <td className={tableCss["number"]}>{one.outcome === null ? t("common.notYetKnown") : named(one.outcome)}</td>
                <td className={tableCss["number"]}>{one.loss === null ? "–" : number(one.loss)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      ) : null}
    </Card>
  );
}
