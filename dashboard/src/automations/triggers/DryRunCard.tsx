import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { DryRun } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorNotice } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import css from "../Schedules.module.css";
import { dryRunQuery } from "./api";
import { causeOf } from "./sentences";

/** Dry run: the firings that the automation would have had over the past month. */
export function DryRunCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const tried = useQuery(dryRunQuery(id, asked));
  const ask = () => {
    if (asked) void tried.refetch();
    setAsked(true);
  };
  const button = (
    <Button small pending={tried.isFetching} onPress={ask} testId="dry-run">
      {t("automations.dryRun")}
    </Button>
  );
  return (
    <Card title={t("automations.dryRunTitle")} note={t("automations.dryRunNote")} actions={button} testId="dry-run-card">
      {tried.error ? <ErrorNotice error={tried.error} /> : null}
      {tried.data ? <WouldFire tried={tried.data} /> : null}
    </Card>
  );
}

/** Table of the firings of a dry run. */
export function WouldFire({ tried }: { tried: DryRun }) {
  const { t } = useTranslation();
  const { count, instant, moment } = useFormats();
  return (
    <>
      <p>
        {t("automations.wouldFire", { since: moment(tried.since), causes: count(tried.causes), fires: count(tried.fires), grouped: count(tried.grouped), withheld: count(tried.withheld) })}
      </p>
      {tried.note ? <p className={css["soft"]}>{tried.note}</p> : null}
      {tried.firings.length > 0 ? (
        <Table caption={t("automations.dryRunTitle")}>
          <thead>
            <tr>
              <th scope="col">{t("automations.fired")}</th>
              <th scope="col">{t("automations.cause")}</th>
              <th scope="col">{t("automations.causesHead")}</th>
            </tr>
          </thead>
          <tbody>
            {[...tried.firings].reverse().map((each) => (
              <tr key={`${each.at} ${each.cause}`}>
                <td className={tableCss["nowrap"]}>{instant(each.at)}</td>
                <td>{causeOf(each.cause, t, moment)}</td>
                <td>{count(each.causes)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      ) : null}
    </>
  );
}
