import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { Problem } from "../api/problem";
import type { Learner } from "../api/types";
import { feedPages } from "../feeds/api";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { problemsByField, readConfig, startValues, type TypedValues } from "../runs/start/form";
import { fieldsOf } from "../runs/start/schema";
import { SchemaForm } from "../runs/start/SchemaForm";
import { Button } from "../ui/Button";
import { DialogActions } from "../ui/Dialog";
import { SelectField, TextField } from "../ui/forms/Field";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { useCreateLearner } from "./api";
import css from "./Learners.module.css";
import { requestOf, TARGET_KINDS, type Typed } from "./target";

const START: Typed = { name: "", feed: "", plugin: "online.linear.number", column: "", kind: "value", ahead: "", inputs: "" };

/** Form of a learner: its feed, its target, and the plugin with the form of its config. */
export function NewLearnerForm({ onMade, onClose }: { onMade: (learner: Learner) => void; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { input } = useFormats();
  const plugins = useQuery(pluginsQuery);
  const feeds = useInfiniteQuery(feedPages);
  const create = useCreateLearner();
  const [given, setGiven] = useState(START);
  const [configs, setConfigs] = useState<Record<string, TypedValues>>({});
  const [tried, setTried] = useState(false);
  const learners = useMemo(() => plugins.data?.filter((plugin) => plugin.kind === "learner" && !plugin.error) ?? [], [plugins.data]);
  const feed = feeds.data?.find((one) => one.name === given.feed) ?? feeds.data?.[0];
  const columns = feed?.columns.map((column) => column.name) ?? [];
  const plugin = learners.find((one) => one.name === given.plugin) ?? learners[0];
  const fields = useMemo(() => fieldsOf(plugin?.schema, i18n.language), [plugin, i18n.language]);
  const error = plugins.error ?? feeds.error;
  if (error) return <ErrorNotice error={error} />;
  if (plugins.data === undefined || feeds.data === undefined) return <Loading />;
  if (feed === undefined || plugin === undefined) {
    return (
      <Empty title={t("learners.noFeed")}>
        <p>{t("learners.noFeedNext")}</p>
      </Empty>
    );
  }

  const typed: Typed = { ...given, feed: feed.name, plugin: plugin.name, column: columns.includes(given.column) ? given.column : (columns[0] ?? "") };
  const initial = startValues(fields, {}, input);
  const values = { ...initial, ...configs[plugin.name] };
  const { config, faults } = readConfig(fields, values);
  const change = (part: Partial<Typed>) => setGiven({ ...typed, ...part });
  const own = ["name", "feed", "plugin", "target", "inputs"];
  const problems = create.error instanceof Problem ? problemsByField(create.error.fields, [...fields.map((field) => field.name), ...own]) : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faults).length > 0) return;
    create.mutate(requestOf(typed, columns, config), { onSuccess: onMade });
  };
  return (
    <form onSubmit={submit} className={css["form"]} noValidate>
      <TextField label={t("learners.name")} hint={t("learners.nameHint")} value={typed.name} onChange={(name) => change({ name })} error={problems["name"]} testId="learner-name" />
      <SelectField label={t("learners.feed")} value={typed.feed} onChange={(name) => change({ feed: name })} options={feeds.data.map((one) => ({ value: one.name, label: one.name }))} testId="learner-feed" />
      <div className={css["two"]}>
        <SelectField label={t("learners.column")} value={typed.column} onChange={(column) => change({ column })} options={columns.map((value) => ({ value, label: value }))} testId="learner-target" />
        <SelectField label={t("learners.predicted")} value={typed.kind} onChange={(kind) => change({ kind: kind })} options={TARGET_KINDS.map((value) => ({ value, label: t(`learners.kinds.${value}`) }))} testId="learner-kind" />
        <TextField label={t("learners.ahead")} hint={t("learners.aheadHint")} mode="decimal" value={typed.ahead} onChange={(ahead) => change({ ahead })} error={problems["target"]} testId="learner-ahead" />
      </div>
      <TextField label={t("learners.inputs")} hint={t("learners.inputsHint")} value={typed.inputs} onChange={(inputs) => change({ inputs })} error={problems["inputs"]} testId="learner-inputs" />
      <SelectField
        label={t("learners.plugin")}
        value={typed.plugin}
        onChange={(name) => change({ plugin: name })}
        hint={inLanguage(plugin.summary, i18n.language)}
        options={learners.map((one) => ({ value: one.name, label: inLanguage(one.title, i18n.language) || one.name }))}
        testId="learner-plugin"
      />
      <SchemaForm fields={fields} values={values} initial={initial} onChange={(field, value) => setConfigs({ ...configs, [plugin.name]: { ...configs[plugin.name], [field]: value } })} faults={tried ? faults : {}} problems={problems} />
      {create.error ? <ErrorNotice error={create.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("common.close")}</Button>
        <Button look="primary" type="submit" pending={create.isPending} testId="create-learner">
          {t("learners.create")}
        </Button>
      </DialogActions>
    </form>
  );
}
