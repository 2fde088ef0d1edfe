import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { Problem } from "../api/problem";
import type { Feed } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { problemsByField, readConfig, startValues, type TypedValues } from "../runs/start/form";
import { fieldsOf } from "../runs/start/schema";
import { SchemaForm } from "../runs/start/SchemaForm";
import { Button } from "../ui/Button";
import { DialogActions } from "../ui/Dialog";
import { CheckField, SelectField, TextField } from "../ui/forms/Field";
import { ErrorNotice, Loading } from "../ui/Notice";
import { useCreateFeed } from "./api";
import css from "./Feeds.module.css";
import { columnsOf, namesOf } from "./rows";

const POSTED = "";

/** Form of a feed whose rows are posted, or of one with a source, built from the schema of its options. */
export function NewFeedForm({ onMade, onClose }: { onMade: (feed: Feed) => void; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { input } = useFormats();
  const plugins = useQuery(pluginsQuery);
  const create = useCreateFeed();
  const [typed, setTyped] = useState({ name: "", columns: "", keys: "", interval: "", grace: "" });
  const [historical, setHistorical] = useState(false);
  const [chosen, setChosen] = useState(POSTED);
  const [options, setOptions] = useState<Record<string, TypedValues>>({});
  const [tried, setTried] = useState(false);
  const sources = useMemo(() => plugins.data?.filter((plugin) => plugin.kind === "source" && !plugin.error) ?? [], [plugins.data]);
  const source = sources.find((plugin) => plugin.name === chosen);
  const fields = useMemo(() => fieldsOf(source?.schema, i18n.language), [source, i18n.language]);
  if (plugins.error) return <ErrorNotice error={plugins.error} />;
  if (plugins.data === undefined) return <Loading />;

  const initial = startValues(fields, {}, input);
  const values = { ...initial, ...options[chosen] };
  const { config, faults } = readConfig(fields, values);
  const change = (part: Partial<typeof typed>) => setTyped({ ...typed, ...part });
  const own = ["name", "columns", "keys", "interval_seconds", "grace_seconds"];
  const problems = create.error instanceof Problem ? problemsByField(create.error.fields, [...fields.map((field) => field.name), ...own]) : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faults).length > 0) return;
    create.mutate(
      {
        name: typed.name.trim(),
        columns: columnsOf(typed.columns),
        keys: namesOf(typed.keys),
        interval_seconds: typed.interval.trim() === "" ? null : Number(typed.interval.replace(",", ".")),
        grace_seconds: typed.grace.trim() === "" ? 0 : Number(typed.grace.replace(",", ".")),
        source: source?.name ?? null,
        options: source === undefined ? {} : config,
        historical,
      },
      { onSuccess: onMade },
    );
  };
  return (
    <form onSubmit={submit} className={css["form"]} noValidate>
      <TextField label={t("feeds.name")} hint={t("feeds.nameHint")} value={typed.name} onChange={(name) => change({ name })} error={problems["name"]} testId="feed-name" />
      <SelectField
        label={t("feeds.source")}
        value={chosen}
        onChange={setChosen}
        hint={source === undefined ? t("feeds.postedHint") : inLanguage(source.summary, i18n.language)}
        options={[{ value: POSTED, label: t("feeds.posted") }, ...sources.map((plugin) => ({ value: plugin.name, label: inLanguage(plugin.title, i18n.language) || plugin.name }))]}
        testId="feed-source"
      />
      {source === undefined ? null : (
        <SchemaForm fields={fields} values={values} initial={initial} onChange={(field, value) => setOptions({ ...options, [chosen]: { ...options[chosen], [field]: value } })} faults={tried ? faults : {}} problems={problems} />
      )}
      <TextField label={t("feeds.columns")} hint={t("feeds.columnsHint")} value={typed.columns} onChange={(columns) => change({ columns })} error={problems["columns"]} testId="feed-columns" />
      <TextField label={t("feeds.keys")} hint={t("feeds.keysHint")} value={typed.keys} onChange={(keys) => change({ keys })} error={problems["keys"]} />
      <div className={css["two"]}>
        <TextField label={t("feeds.interval")} hint={t("feeds.intervalHint")} mode="decimal" value={typed.interval} onChange={(interval) => change({ interval })} error={problems["interval_seconds"]} />
        <TextField label={t("feeds.grace")} hint={t("feeds.graceHint")} mode="decimal" value={typed.grace} onChange={(grace) => change({ grace })} error={problems["grace_seconds"]} />
      </div>
      <CheckField label={t("feeds.historical")} hint={t("feeds.historicalHint")} checked={historical} onChange={setHistorical} />
      {create.error ? <ErrorNotice error={create.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("common.close")}</Button>
        <Button look="primary" type="submit" pending={create.isPending} testId="create-feed">
          {t("feeds.create")}
        </Button>
      </DialogActions>
    </form>
  );
}
