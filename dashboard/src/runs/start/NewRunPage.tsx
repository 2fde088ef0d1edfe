import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import { datasetsQuery } from "../../datasets/api";
import { pluginsQuery } from "../../plugins/api";
import { usePaths } from "../../projects/session";
import { useTitle } from "../../routing/useTitle";
import { PageHead } from "../../ui/Card";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { runQuery } from "../api";
import { NewRunForm } from "./NewRunForm";

/** Loads the data that the form needs; `from` copies an earlier run. */
export default function NewRunPage() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const paths = usePaths();
  const from = search.get("from");
  const plugins = useQuery(pluginsQuery);
  const datasets = useQuery(datasetsQuery);
  const earlier = useQuery({ ...runQuery(from ?? ""), enabled: from !== null });
  useTitle(t("newRun.title"));

  const error = plugins.error ?? datasets.error ?? earlier.error;
  const ready = plugins.data !== undefined && datasets.data !== undefined && (from === null || earlier.data !== undefined);
  return (
    <>
      <PageHead title={t("newRun.title")} crumbs={[{ name: t("runs.title"), to: paths.runs }]} note={earlier.data ? t("newRun.copyOf", { name: earlier.data.name }) : undefined} />
      {error ? <ErrorNotice error={error} /> : null}
      {ready ? (
        <NewRunForm
          plugins={plugins.data}
          datasets={datasets.data}
          earlier={earlier.data ?? null}
          wanted={{ plugin: search.get("plugin"), dataset: search.get("dataset") }}
        />
      ) : error ? null : (
        <Loading />
      )}
    </>
  );
}
