import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useTitle } from "../../routing/useTitle";
import { Card, PageHead } from "../../ui/Card";
import { Empty, ErrorNotice, Loading } from "../../ui/Notice";
import { accountQuery } from "../account/api";
import css from "../members/Members.module.css";
import { People } from "./People";
import { ProjectSizes } from "./ProjectSizes";
import { Settings } from "./Settings";

/** Page for administrators of the platform: people, projects with their sizes and quotas, settings. */
export default function AdministrationPage() {
  const { t } = useTranslation();
  const { data, error } = useQuery(accountQuery);
  useTitle(t("administration.title"));
  return (
    <div className={css["page"]}>
      <PageHead title={t("administration.title")} note={t("administration.note")} />
      {error === null ? null : <ErrorNotice error={error} />}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : data.administrator ? (
        <>
          <People own={data.name} />
          <ProjectSizes />
          <Settings />
        </>
      ) : (
        <Card>
          <Empty title={t("administration.notYours")} />
        </Card>
      )}
    </div>
  );
}
