import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorNotice } from "../../ui/Notice";
import { Skeleton } from "../../ui/Skeleton";
import { lineageQuery } from "../api";
import { layoutOf } from "./layout";
import css from "./Lineage.module.css";
import { LineageGraph } from "./LineageGraph";
import { LineageList } from "./LineageList";

/** Versions drawn at first, besides those that an alias points to. */
const FIRST = 10;

/** Where the versions come from, as a graph and as a list. */
export default function LineageTab({ name }: { name: string }) {
  const { t } = useTranslation();
  const lineage = useQuery(lineageQuery(name));
  const [all, setAll] = useState(false);
  const found = lineage.data;
  const versions = useMemo(() => found?.nodes.filter(({ kind }) => kind === "version") ?? [], [found]);
  const shown = useMemo(() => versions.filter(({ aliases }, index) => all || index < FIRST || aliases.length > 0).flatMap(({ version }) => version ?? []), [all, versions]);
  const layout = useMemo(() => (found ? layoutOf(found, shown) : null), [found, shown]);
  if (lineage.error) return <ErrorNotice error={lineage.error} />;
  if (found === undefined || layout === null) return <Skeleton height={320} />;
  return (
    <Card title={t("life.lineage")} note={t("lineage.note")} testId="lineage">
      <LineageGraph model={name} layout={layout} />
      <div className={css["below"]}>
        {shown.length < versions.length ? (
          <Button small onPress={() => setAll(true)}>
            {t("lineage.all", { count: versions.length })}
          </Button>
        ) : null}
        {found.left_out > 0 ? <span className={css["soft"]}>{t("life.leftOut", { count: found.left_out })}</span> : null}
      </div>
      <details>
        <summary>{t("lineage.asList")}</summary>
        <LineageList lineage={found} />
      </details>
    </Card>
  );
}
