import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { mayWrite, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { driftQuery, useLookForDrift, type Drift } from "./api";
import css from "./Predictions.module.css";

/** Whether the champion's inputs and predictions still resemble those of its training rows. */
export function DriftCard({ model }: { model: string }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const session = useSession();
  const drift = useQuery(driftQuery(model));
  const look = useLookForDrift(model);
  const report = drift.data?.report ?? null;
  return (
    <Card
      title={t("drift.title")}
      note={t("drift.note")}
      actions={
        mayWrite(session) ? (
          <Button pending={look.isPending} onPress={() => look.mutate()} testId="look-for-drift">
            {t("drift.look")}
          </Button>
        ) : null
      }
    >
      {drift.error ? <ErrorNotice error={drift.error} /> : null}
      {look.error ? <ErrorNotice error={look.error} /> : null}
      {drift.data && report === null ? <p>{t("drift.never")}</p> : null}
      {drift.data && report ? (
        <>
          <Notice tone={drift.data.alarm ? "ember" : report.enough ? "good" : "info"} role="status">
            {t(drift.data.alarm ? "drift.alarm" : report.enough ? "drift.none" : "drift.tooFew", { version: drift.data.version })}
          </Notice>
          {report.columns.length > 0 ? <Columns report={report} /> : null}
          {report.errors ? <Errors errors={report.errors} /> : null}
          <p className={css["soft"]}>
            {t("drift.limits", { psi: report.thresholds.psi, level: report.thresholds.level.toPrecision(2), least: report.thresholds.least, lines: report.lines })}{" "}
            {drift.data.checked_at ? t("drift.checked", { at: moment(drift.data.checked_at) }) : null}
          </p>
        </>
      ) : null}
    </Card>
  );
}

function Errors({ errors }: { errors: NonNullable<NonNullable<Drift["report"]>["errors"]> }) {
  const { t } = useTranslation();
  const { count, fixed, moment } = useFormats();
  const values = { forecasts: count(errors.forecasts), mean: fixed(errors.mean, 3), reference: fixed(errors.reference_mean, 3) };
  return (
    <p>
      {errors.since ? t("drift.errorsLarger", { ...values, since: moment(errors.since) }) : t("drift.errorsSame", values)}{" "}
      <span className={css["soft"]}>{t("drift.errorsRule", { runLength: count(errors.run_length) })}</span>
    </p>
  );
}

function Columns({ report }: { report: NonNullable<Drift["report"]> }) {
  const { t } = useTranslation();
  const { count, fixed } = useFormats();
  return (
    <Table caption={t("drift.title")}>
      <thead>
        <tr>
          <th scope="col">{t("drift.column")}</th>
          <th scope="col" className={tableCss["number"]}>{t("drift.effective")}</th>
          <th scope="col" className={tableCss["number"]}>PSI</th>
          <th scope="col" className={tableCss["number"]}>KS</th>
          <th scope="col" className={tableCss["number"]}>p</th>
          <th scope="col">{t("drift.drifted")}</th>
        </tr>
      </thead>
      <tbody>
        {report.columns.map((column) => (
          <tr key={column.name}>
            <th scope="row">{column.name === "(answer)" ? t("drift.answer") : column.name}</th>
            <td className={tableCss["number"]}>{count(Math.round(column.effective))}</td>
            <td className={tableCss["number"]}>{fixed(column.psi, 3)}</td>
            <td className={tableCss["number"]}>{fixed(column.ks, 3)}</td>
            <td className={tableCss["number"]}>{column.p_value === null ? "–" : column.p_value.toPrecision(2)}</td>
            <td>{column.drifted === null ? t("drift.unknown") : column.drifted ? t("drift.yes") : t("drift.no")}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
