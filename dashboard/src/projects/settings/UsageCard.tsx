import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { usageQuery } from "./api";

/** What the project uses, and the limits that an administrator of the platform set. */
export function UsageCard() {
  const { t } = useTranslation();
  const { number, bytes } = useFormats();
  const { data, error } = useQuery(usageQuery);
  return (
    <Card title={t("usage.title")} note={t("usage.note")}>
      {error === null ? null : <ErrorNotice error={error} />}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : (
        <Table caption={t("usage.title")} testId="usage">
          <thead>
            <tr>
              <th scope="col">{t("usage.resource")}</th>
              <th scope="col" className={tableCss["number"]}>
                {t("usage.used")}
              </th>
              <th scope="col" className={tableCss["number"]}>
                {t("usage.limit")}
              </th>
            </tr>
          </thead>
          <tbody>
            {(
              [
                ["members", data.members, number],
                ["datasets", data.datasets, number],
                ["activeRuns", data.runs, number],
                ["stored", data.stored_bytes, bytes],
              ] as const
            ).map(([name, use, shown]) => (
              <tr key={name}>
                <th scope="row">{t(`usage.${name}`)}</th>
                <td className={tableCss["number"]}>{shown(use.used)}</td>
                <td className={tableCss["number"]}>{use.limit === null ? t("usage.none") : shown(use.limit)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
