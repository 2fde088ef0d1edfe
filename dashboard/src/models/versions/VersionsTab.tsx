import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import type { ModelDetail } from "../../api/types";
import { More } from "../../ui/More";
import { ErrorNotice } from "../../ui/Notice";
import { Skeleton } from "../../ui/Skeleton";
import { versionPages } from "../api";
import css from "../page/Page.module.css";
import { CompareCard } from "./CompareCard";
import { VersionsCard } from "./VersionsCard";

/** All versions, and two of them side by side; the address names the two. */
export default function VersionsTab({ model, onPromote }: { model: ModelDetail; onPromote: ((version: number) => void) | null }) {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const there = !model.deleted_at;
  const pages = useInfiniteQuery({ ...versionPages(model.name), enabled: there });
  const versions = there ? (pages.data ?? []) : model.version_list;
  const numbered = (name: string) => {
    const text = search.get(name) ?? "";
    return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
  };
  const other = versions.find(({ version }) => version !== model.champion)?.version ?? null;
  const [a, b] = [numbered("a") ?? other, numbered("b") ?? model.champion ?? versions.at(1)?.version ?? null];
  const choose = (one: number | null, two: number | null) =>
    setSearch((now) => {
      const next = new URLSearchParams(now);
      if (one !== null) next.set("a", String(one));
      if (two !== null) next.set("b", String(two));
      return next;
    });
  return (
    <div className={css["stack"]}>
      {pages.error ? <ErrorNotice error={pages.error} /> : null}
      {pages.isLoading ? <Skeleton lines={6} /> : null}
      {versions.length === 0 && !pages.isLoading ? <p className={css["soft"]}>{t("modelPage.noVersions")}</p> : null}
      {versions.length > 0 ? (
        <VersionsCard
          model={model}
          versions={versions}
          onPromote={onPromote}
          onCompare={there && versions.length > 1 ? (version) => choose(version, version === model.champion ? other : (model.champion ?? b)) : null}
          more={there ? <More list={pages} /> : null}
        />
      ) : null}
      {there && versions.length > 1 && a !== null && b !== null ? <CompareCard model={model} versions={versions} a={a} b={b} onChoose={choose} /> : null}
    </div>
  );
}
