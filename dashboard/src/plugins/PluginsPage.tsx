import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Plugin } from "../api/types";
import { inLanguage } from "../language/setup";
import { usePaths } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { Badge } from "../ui/Badge";
import { ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { pluginsQuery } from "./api";
import css from "./PluginsPage.module.css";

const KINDS = ["unknown", "pipeline", "agent", "source", "notifier", "task_kind", "metric", "learner", "features"] as const;

/** The installed plugins. A broken plugin is listed with its error. */
export default function PluginsPage() {
  const { t } = useTranslation();
  const plugins = useQuery(pluginsQuery);
  useTitle(t("plugins.title"));
  return (
    <div className={css["page"]}>
      <PageHead title={t("plugins.title")} note={t("plugins.note")} />
      {plugins.error ? <ErrorNotice error={plugins.error} /> : null}
      {plugins.isLoading ? <Loading /> : null}
      {plugins.data?.length === 0 ? <Empty title={t("plugins.none")} /> : null}
      {KINDS.map((kind) => {
        const inside = plugins.data?.filter((plugin) => plugin.kind === kind) ?? [];
        return inside.length === 0 ? null : (
          <Card key={kind} title={t(`plugins.${kind}`)}>
            <PluginTable plugins={inside} caption={t(`plugins.${kind}`)} />
          </Card>
        );
      })}
    </div>
  );
}

function PluginTable({ plugins, caption }: { plugins: readonly Plugin[]; caption: string }) {
  const { t, i18n } = useTranslation();
  const paths = usePaths();
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          <th scope="col">{t("plugins.name")}</th>
          <th scope="col">{t("plugins.does")}</th>
          <th scope="col">{t("plugins.origin")}</th>
          <th scope="col">{t("plugins.state")}</th>
          <th scope="col">
            <span className="visually-hidden">{t("plugins.use")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {plugins.map((plugin) => (
          <tr key={`${plugin.kind} ${plugin.name} ${plugin.origin}`}>
            <th scope="row">
              <code>{plugin.name}</code>
            </th>
            <td className={css["does"]}>
              {inLanguage(plugin.title, i18n.language)}
              <div className={tableCss["soft"]}>{inLanguage(plugin.error ?? plugin.summary, i18n.language)}</div>
            </td>
            <td className={tableCss["soft"]}>
              {plugin.origin.includes(plugin.version) ? plugin.origin : `${plugin.origin} ${plugin.version}`}
            </td>
            <td>{!plugin.error ? <Badge tone="good">{t("plugins.ok")}</Badge> : <Badge tone="bad">{t("plugins.broken")}</Badge>}</td>
            <td className={tableCss["number"]}>
              {!plugin.error && (plugin.kind === "pipeline" || plugin.kind === "agent") ? (
                <ButtonLink to={paths.newRun({ plugin: plugin.name })}>{t("plugins.run")}</ButtonLink>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
