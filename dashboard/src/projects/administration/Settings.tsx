import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { Card } from "../../ui/Card";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { settingsQuery } from "./api";

/** The settings in effect, without secrets. They cannot be changed while the platform runs. */
export function Settings() {
  const { t } = useTranslation();
  const { data, error } = useQuery(settingsQuery);
  return (
    <Card title={t("administration.settings")} note={t("administration.settingsNote")}>
      {error === null ? null : <ErrorNotice error={error} />}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : (
        <Table caption={t("administration.settings")} testId="settings">
          <thead>
            <tr>
              <th scope="col">{t("administration.variable")}</th>
              <th scope="col">{t("administration.value")}</th>
              <th scope="col">{t("administration.meaning")}</th>
            </tr>
          </thead>
          <tbody>
            {data.settings.map((each) => (
              <tr key={each.name}>
                <th scope="row">
                  <code>{each.variable}</code>
                </th>
                <td>
                  {each.hidden ? t("administration.hidden") : (each.value ?? t("administration.notSet"))} {each.default ? <span className={tableCss["soft"]}>({t("administration.byDefault")})</span> : null}
                </td>
                <td>{each.description}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
