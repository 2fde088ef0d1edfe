import { useTranslation } from "react-i18next";

import type { Attempt } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";

/** Attempts of a run: the reason of each end, the step of resumption and the repeated steps. */
export function AttemptsCard({ attempts }: { attempts: readonly Attempt[] }) {
  const { t, i18n } = useTranslation();
  const { count, moment } = useFormats();
  if (attempts.length === 0) return null;
  return (
    <Card title={t("attempts.title")}>
      <Table caption={t("attempts.title")}>
        <thead>
          <tr>
            <th scope="col" className={tableCss["number"]}>{t("attempts.number")}</th>
            <th scope="col">{t("attempts.started")}</th>
            <th scope="col">{t("attempts.ended")}</th>
            <th scope="col">{t("attempts.endedAs")}</th>
            <th scope="col" className={tableCss["number"]}>{t("attempts.resumed")}</th>
            <th scope="col" className={tableCss["number"]}>{t("attempts.recomputed")}</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt) => (
            <tr key={attempt.attempt}>
              <td className={tableCss["number"]}>{attempt.attempt}</td>
              <td className={tableCss["nowrap"]}>{moment(attempt.started_at)}</td>
              <td className={tableCss["nowrap"]}>{moment(attempt.ended_at)}</td>
              <td>
                {attempt.ended_as ? i18n.t(`attempts.ends.${attempt.ended_as}`, { defaultValue: attempt.ended_as }) : t("common.notYetKnown")}
                {attempt.reason && attempt.reason !== attempt.ended_as ? <span className={tableCss["soft"]}> · {attempt.reason}</span> : null}
              </td>
              <td className={tableCss["number"]}>{count(attempt.resumed_from_step)}</td>
              <td className={tableCss["number"]}>{count(attempt.steps_recomputed)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}
