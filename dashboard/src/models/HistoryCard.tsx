import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { AliasChange } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import { Hash } from "../ui/Facts";
import { Table, tableCss } from "../ui/Table";

/** Entries that do not move the alias: promotions that wait for approval or were not approved, and single approvals. */
const without = { wait: true, approve: true, decline: true, replace: true };

/** The versions in service, from when and why, the newest change first. */
export function HistoryCard({ changes, more }: { changes: readonly AliasChange[]; more: ReactNode }) {
  const { t, i18n } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const version = (number: number | null) => (number === null ? "–" : `v${number}`);
  return (
    <Card title={t("models.history")}>
      <Table caption={t("models.history")}>
        <thead>
          <tr>
            <th scope="col">{t("models.when")}</th>
            <th scope="col">{t("life.until")}</th>
            <th scope="col">{t("models.alias")}</th>
            <th scope="col">{t("models.change")}</th>
            <th scope="col">{t("models.reason")}</th>
            <th scope="col">{t("models.by")}</th>
            <th scope="col">{t("models.run")}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((change, index) => (
            <tr key={`${change.at} ${index}`}>
              <td className={tableCss["nowrap"]}>{moment(change.at)}</td>
              <td className={tableCss["nowrap"]}>{change.until ? moment(change.until) : t("life.today")}</td>
              <td>{change.alias}</td>
              <td className={tableCss["nowrap"]}>
                {change.action in without ? (
                  <>
                    {version(change.version)}: {t(`models.actions.${change.action as keyof typeof without}`)}
                  </>
                ) : (
                  <>
                    {version(change.previous_version)} → {version(change.version)}
                  </>
                )}
              </td>
              <td>{change.said ? inLanguage(change.said, i18n.language) : change.reason}</td>
              <td className={tableCss["soft"]}>{change.by === "gate" ? t("models.gate") : change.by}</td>
              <td>
                {change.run_id ? (
                  <Link href={paths.run(change.run_id)}>
                    <Hash value={change.run_id} length={8} />
                  </Link>
                ) : (
                  "–"
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {more}
    </Card>
  );
}
